/** A skipper of the school who looks for a fault in an engine, over two days. */
export const JONAS = `
@ 2025-04-22T08:14:00+02:00 jonas.skipper engine-of-the-curlew
# You are Marlow. Jonas is staff: you may show him maintenance logs and order spare parts up to 150 euros without asking.
> Moin. Curlew's engine alarm went off twice yesterday, once off Holnis and once in the harbour. Temperature. Runs fine otherwise.
! read_engine_log {"boat":"Curlew","from":"2025-04-21T00:00","to":"2025-04-22T00:00"}
! read_maintenance_log {"boat":"Curlew","last":4}
= {"boat":"Curlew","samples":[{"at":"11:02","rpm":1800,"coolant_c":78},{"at":"11:40","rpm":2400,"coolant_c":84},{"at":"12:05","rpm":2400,"coolant_c":93},{"at":"12:09","rpm":2600,"coolant_c":98,"alarm":"coolant"},{"at":"12:25","rpm":1200,"coolant_c":81},{"at":"17:48","rpm":2500,"coolant_c":97,"alarm":"coolant"}]}
= {"boat":"Curlew","entries":[{"on":"2025-03-28","what":"launched, engine started"},{"on":"2025-03-20","what":"oil and filter changed"},{"on":"2024-10-30","what":"winterised, antifreeze through the raw water side"},{"on":"2024-06-11","what":"impeller changed"}]}
< The coolant climbs only above about 2,400 turns and comes down as soon as you slow down: that looks like too little raw water rather than a bad thermostat. The impeller was last changed on 11 June 2024, so it has sat dry over a winter. I would look in this order: sea strainer, impeller, then the exhaust elbow.
> Strainer had a handful of eelgrass, cleaned it. Going out to test.
~ 2h
> Better but not good. 91 degrees at 2600 after twenty minutes.
! read_engine_log {"boat":"Curlew","from":"2025-04-22T09:30","to":"2025-04-22T11:00"}
= {"boat":"Curlew","samples":[{"at":"09:50","rpm":2000,"coolant_c":79},{"at":"10:10","rpm":2600,"coolant_c":86},{"at":"10:31","rpm":2600,"coolant_c":91},{"at":"10:40","rpm":1500,"coolant_c":82}]}
< It still creeps up, half as fast as yesterday. So the water is short somewhere else too: the impeller next. When you open the pump, count the vanes. If one is missing, it sits in the heat exchanger's inlet and must come out.
> Two vanes gone. Of course. Do we have a spare?
! find_part {"boat":"Curlew","part":"impeller"}
= {"part":"impeller kit 09-24747","in_stock":0,"supplier":"Bootsmotoren Petersen, Kappeln","price_eur":38.9,"delivery":"2025-04-23"}
< None in stock. Petersen in Kappeln can deliver tomorrow morning for 38.90 euros. I'll order two, so that one stays on board.
! order_part {"part":"impeller kit 09-24747","count":2,"deliver_to":"workshop"}
= {"order":"P-3310","total_eur":77.8,"arrives":"2025-04-23 10:00"}
< Ordered, P-3310, tomorrow at ten. Until then I have marked the Curlew as out of service; the Kittiwake takes this afternoon's group.
~ 23h
> Kit's in. Found both vanes in the exchanger, one was stuck crosswise. Now 80 degrees flat at 2600.
! read_engine_log {"boat":"Curlew","from":"2025-04-23T10:30","to":"2025-04-23T12:00"}
= {"boat":"Curlew","samples":[{"at":"10:55","rpm":2600,"coolant_c":80},{"at":"11:15","rpm":2600,"coolant_c":80},{"at":"11:35","rpm":2800,"coolant_c":81}]}
< Flat at 80, even at 2,800. I have written it up: strainer cleaned, impeller changed, two vanes taken out of the heat exchanger. Curlew is back in service from noon. Shall I put an impeller change into every spring's list?
> Yes. For all three boats. And thanks.
! add_maintenance_rule {"boats":["Curlew","Sandpiper","Kittiwake"],"what":"change impeller","every":"spring"}
= {"rules_added":3}
< Done. Fair winds!
`
