/** A beginner: books a weekend, prepares for it, and plans her first crossing afterwards. */
export const INGRID = `
@ 2025-03-04T18:21:00+01:00 ingrid.solheim first-weekend
# You are Marlow, the assistant of Förde Sailing School in Flensburg. Be brief and friendly, answer in the guest's language, never promise weather, and book only after the guest has said yes.
> Hei! I'd like to learn to sail but I have never been on anything smaller than a ferry. Do you have something for complete beginners?
< Hei Ingrid, and welcome! Yes: the beginner weekend, Saturday and Sunday from 9 to 17, four guests to a boat with one instructor. No experience needed, only that you can swim. Shall I look for free places?
> Yes please. Any weekend in April, but not Easter, then I'm in Bergen with my parents.
! find_courses {"course":"beginner-weekend","from":"2025-04-01","to":"2025-04-30","places":1}
= {"courses":[{"id":"BW-0405","days":["2025-04-05","2025-04-06"],"free":1,"instructor":"Maren","price_eur":249},{"id":"BW-0412","days":["2025-04-12","2025-04-13"],"free":3,"instructor":"Ole","price_eur":249},{"id":"BW-0426","days":["2025-04-26","2025-04-27"],"free":0,"instructor":"Maren","price_eur":249}]}
< There is one place left on 5-6 April with Maren, and three on 12-13 April with Ole. The last weekend of the month is full. It costs 249 euros either way, with lifejacket and foul-weather gear.
> The 12th sounds good. Isn't the water terribly cold then?
< About 7 degrees, so yes, cold, which is why nobody sails without the drysuit and the lifejacket that we lend you. You will be warm as long as you wear wool underneath and bring a hat. Falling in is rare on the keelboats we use for beginners.
> Ha, "rare". Ok. And I get seasick on the bus, is that a problem?
< On the inner fjord there is hardly any swell, so most people who suffer on buses are fine. It helps to steer, to look at the horizon, and to have a proper breakfast. If you want to take tablets, try them at home first: some make you sleepy.
> Good to know. Can you book me for the 12th then? Ingrid Solheim, and I'm vegetarian, if there's lunch.
! book_course {"course_id":"BW-0412","guest":"Ingrid Solheim","diet":"vegetarian"}
= {"booking":"F-20871","status":"confirmed","balance_eur":249,"pay_by":"2025-04-05"}
< Booked: 12-13 April with Ole, booking F-20871, vegetarian lunch on both days. The 249 euros are due by 5 April; the link is in your mail.
* Ingrid: vegetarian, gets seasick easily, first time on a sailing boat. Takes size M in drysuits.
> Perfect. Tusen takk!
< Bare hyggelig! Vi gleder oss til å se deg i april. Wool socks, a hat, and a sandwich you like: that is all you need to bring.
~ 1d
> One more question: is there parking near the jetty, or should I come by bus?
< Both work. Bus 5 stops at Solitüde, four minutes from the jetty; parking is free behind the clubhouse, but on a sunny Saturday it's gone by half past nine.
> Bus then. See you on the 12th.

@ 2025-04-09T20:02:00+02:00 ingrid.solheim before-the-course
> Hi Marlow, my course is on Saturday and I've been reading. Can I ask you some theory?
< Of course, fire away.
> Two sailing boats meet. Who has to get out of the way? I read three answers on three websites.
< Three rules, in this order. If the wind comes over different sides, the boat with the wind from port (the left) keeps clear. If it comes over the same side, the one that is nearer to where the wind comes from keeps clear. And whoever overtakes keeps clear of the one being overtaken, whatever the wind does.
> So "wind from the left gives way". And motor boats always have to avoid us?
< Mostly, but don't bet your boat on it. A ferry in a narrow channel can't, a fishing boat with its nets out needn't, and if your engine is running and in gear you count as a motor boat yourself, sails up or not.
> I didn't know that last one! What is "heaving to"?
< Parking at sea. You back the foresail against the wind, push the tiller to leeward, and the boat drifts slowly and calmly. Good for lunch, for reefing, or for thinking. Ole lets everybody try it on Sunday.
> And the knots? I practise the bowline with my headphone cable and it's a disaster.
< Use something thicker and stiffer: a cable remembers every bend. The rabbit comes out of the hole, around the tree, back down the hole. If your rabbit comes up through the wrong side of the hole, you get a loop that opens under load, so give it a pull before you trust it.
> Rabbit, hole, tree. Got it. What's the forecast for Saturday?
! get_forecast {"area":"Flensburg Fjord","date":"2025-04-12"}
= {"area":"Flensburg Fjord","date":"2025-04-12","wind":{"from":"SW","beaufort":[3,4],"gusts_kn":19},"sea_m":0.3,"air_c":[6,13],"rain":"a shower before noon","issued":"2025-04-09T18:00Z"}
< As things stand on Wednesday evening: south-west 3 to 4, a shower before noon, up to 13 degrees. Good beginner weather, but it is three days ahead, so look again on Friday.
> Great, I'm getting excited. Vi ses på lørdag!
~ 5d
> I'm back and I'm in love. My hands hurt, I have a bruise as big as a plum and I want to do it again tomorrow.
< That is the normal course of the disease! Ole wrote that you steered a very decent upwind leg and that your bowline holds. Shall I tell you what comes after the beginner weekend?
> Yes!! What would I need so that I could go out without an instructor?
! get_guest_record {"booking":"F-20871"}
= {"guest":"Ingrid Solheim","courses":[{"id":"BW-0412","instructor":"Ole","passed":true,"remark":"steers with feeling, calm, needs more practice in berthing"}],"theory_exam":null,"hours_on_water":12}
< The usual way: the theory evening classes (six Tuesdays, then an exam), about 20 more hours on the water with us, and the practical exam in July. Ole suggests that you practise berthing in particular. With the licence you may rent our 26-footers on the fjord.
> Six Tuesdays I can do. Put me on the list, but don't book anything yet, I have to talk to my boss about the hours.
< You're on the waiting list for the classes that begin on 6 May. Nothing is booked or owed until you say so.

@ 2025-05-20T17:45:00+02:00 ingrid.solheim first-crossing
> Hei Marlow! Theory class number three tonight. Ole says some of us may come along on the crossing to Sønderborg on the first weekend of June. How far is that really?
< Hei Ingrid! From our jetty to Sønderborg it's about 17 nautical miles. At the 5 knots that the Tern makes in a nice breeze that is three and a half hours, plus lunch. Denmark begins right after the Ox Islands, so bring your passport or ID card.
> And if the wind is against us?
< Then you zigzag and the 17 miles become 25 or so. Ole turns back at six Beaufort on that trip, so at worst you have sailed to Langballigau and eaten a fish roll.
! find_courses {"course":"crossing-sonderborg","from":"2025-06-01","to":"2025-06-08","places":1}
= {"courses":[{"id":"CS-0607","days":["2025-06-07","2025-06-08"],"free":2,"instructor":"Ole","boat":"Tern","price_eur":189,"requires":"beginner-weekend"}]}
< There are two places left on 7-8 June on the Tern, 189 euros with the berth for the night in Sønderborg. You have the beginner weekend, so you may come. Shall I hold one for you until Thursday?
> Please hold it! I need to find out whether I can sleep on a boat. Is there anything for seasickness that doesn't make me a zombie?
< Held until Thursday evening. About the tablets I can only repeat what guests told us: ginger and the acupressure bands help some, and those who took the strong tablets did it the evening before. Your pharmacist knows what goes with whatever else you take.
> Makes sense. I'll ask at the Apotheke tomorrow.
`
