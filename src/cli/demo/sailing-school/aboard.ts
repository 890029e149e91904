/** The same guest's week on the water: a long session with many tool calls, the one that has to be pruned. */
export const ABOARD = `
@ 2025-05-17T14:35:00+02:00 tomas.herrera week-aboard-kittiwake
# You are Marlow, the assistant of Förde Sailing School, now with a charter crew at sea. Safety first: for emergencies name VHF channel 16 and the phone number of the rescue service before anything else. Quote forecasts with the time of their issue. Never promise weather.
* Crew of the Kittiwake (34 ft, draught 1.80 m, mast 16 m, MMSI 211 5•• 430): Tomás (skipper), Lucía, Nuria, Inés (nurse). Nuria is allergic to wasp stings, pen in the first-aid locker.
> We're here! Waiting for Maren to hand over the boat. What should I ask her so that I don't look stupid?
< Welcome! Ask about four things and she'll love you: where the seacocks are, how the gas is shut off, how the holding tank is emptied, and what the boat does when you reverse. The Kittiwake's stern walks to port.
> "Walks to port". OK. And where do we go tonight? It's nearly four.
! get_forecast {"area":"Flensburg Fjord","from":"2025-05-17T15:00","hours":24}
= {"area":"Flensburg Fjord","issued":"2025-05-17T12:00Z","steps":[{"at":"15:00","wind":"SW 3","gusts_kn":14},{"at":"18:00","wind":"SW 3","gusts_kn":13},{"at":"21:00","wind":"W 2","gusts_kn":9},{"at":"06:00","wind":"W 3","gusts_kn":12},{"at":"12:00","wind":"W 4","gusts_kn":19}],"rain":"none"}
< As of 14:00: south-west 3, dying a little in the evening, dry. Langballigau is 8 miles, two hours downwind, an easy first harbour with a fish kitchen. Or the Ox Islands, 3 miles, at anchor, if you'd rather cook.
> Langballigau. We want fish.
< Good choice. Keep the green buoys of Holnis to port on the way out (you are leaving), and give the shallows north of the point a wide berth. Call me when you're in.
~ 5h
> In! Lucía parked it in one go, I only shouted a little. The fish was superb.
< Chapeau to Lucía. Shall I note her as the berthing officer?
> Sí, capitana Lucía. Tomorrow we'd like Ærøskøbing. Realistic?
! plan_route {"from":"Langballigau","to":"Ærøskøbing","draught_m":1.8,"speed_kn":5.5}
= {"miles":31.4,"hours":5.7,"legs":[{"to":"Kegnæs lighthouse","miles":12.1,"course":84},{"to":"south of Als, Pøls Huk","miles":9.8,"course":62},{"to":"Ærøskøbing approach","miles":9.5,"course":78}],"shallows":["Bredgrund 2.1 m","Lillegrund 1.4 m"]}
! get_forecast {"area":"Western Baltic","from":"2025-05-18T06:00","hours":18}
= {"area":"Western Baltic","issued":"2025-05-17T18:00Z","steps":[{"at":"06:00","wind":"W 3","gusts_kn":12,"sea_m":0.3},{"at":"12:00","wind":"W 4","gusts_kn":20,"sea_m":0.7},{"at":"18:00","wind":"NW 4","gusts_kn":21,"sea_m":0.8}],"rain":"a shower around 16:00"}
< Realistic: 31 miles, just under six hours, wind from behind at 3 to 4 (issued 20:00). Leave by nine. Two shallows are shoal for your 1.80: Bredgrund with 2.1 metres is nervous, Lillegrund with 1.4 is a no. Both lie south of the direct line off Kegnæs, so stay a mile off the lighthouse.
> Roger. Buenas noches Marlow.
< Buenas noches, and switch the battery for the anchor light off: you're in a harbour.
~ 10h
> Morning! 08:50, engine on, coffee has indeed woken the dead. Going.
< Fair winds! Reef before noon, not at noon.
~ 3h
> Marlow, we have 22 knots and the boat heels a lot, Nuria is not happy. First reef?
< Yes, now, while it is still an easy decision. Lifejackets and lines on for whoever goes to the mast. Ease the main, let the halyard down to the mark at reef one, tack hook in, then pull the red line aft until the foot is flat. A roll in the genoa as well and she'll stand up.
> Done. What a difference. Nuria is smiling again and we only lost half a knot.
< That is the secret that every sailor learns once. Next mark is Pøls Huk; leave the yellow buoys of the nets to starboard.
~ 3h
> We're moored in Ærøskøbing. Box berth, four lines, nobody swam. This village is like a doll's house!
< It is, and the doll's house has a bakery: the one at the square opens at six. Harbour fee at the machine, about 220 kroner for your length, showers included.
> The machine wants something called a tally card??
! get_harbour_info {"harbour":"Ærøskøbing"}
= {"harbour":"Ærøskøbing","berths":150,"depth_m":2.8,"fee_dkk":{"10-12 m":220},"pay":"card at the machine; electricity and water by a prepaid tally card, 50 dkk at the same machine","showers":"code on the receipt","vhf":12}
< The tally card is only for electricity and water: 50 kroner from the same machine. The berth itself you pay by bank card, and the shower code is on the receipt.
> Got it. Hot showers. Life is good.
~ 13h
> Plan for today is Marstal, only a short hop. Anything to see on the way?
< It's about 8 miles if you go round the north-east of Ærø. The buoyed channel into Marstal is narrow and dredged to 3 metres; outside of it you'd plough a field. In Marstal don't miss the maritime museum, it is larger than the town.
> Is it true that the channel is so narrow?
! get_chart_notes {"area":"Marstal approaches","draught_m":1.8}
= {"area":"Marstal approaches","channel":{"width_m":30,"depth_m":3.0},"outside_m":[0.6,1.4],"lights":"leading lights 315 degrees","notices":[{"id":"NfS 19/2025","text":"Starboard buoy no. 5 missing, provisional spar in place"}]}
< It is: 30 metres wide and 3 deep, with knee-deep water beside it. And there's a notice: the green buoy number 5 is missing, a spar stands in its place. Engine on, sails down before you enter, and don't meet the ferry in there.
~ 4h
> Marstal, no drama. We waited for the ferry as you said and the ferry captain waved.
< Then you've been knighted. How is the crew?
> Inés got her finger under a line at the winch. A bruise and a broken nail. She says she's the nurse and she's fine.
< Sorry to hear it! Cold water, keep it up, and if tomorrow it's thick, blue and won't bend, have it looked at: every region of Denmark has a doctor on duty by phone, and they speak English. And when winching: fingers outside, as if the drum were a hot stove.
> She laughs: "tell the computer I know what a fracture looks like".
< I would never contradict a nurse.
~ 16h
> OK big day: Svendborg. Tell me everything about the current.
! get_current {"place":"Svendborg Sound","from":"2025-05-20T08:00","hours":12}
! get_forecast {"area":"South Funen","from":"2025-05-20T08:00","hours":12}
= {"place":"Svendborg Sound","issued":"2025-05-20T05:00Z","steps":[{"at":"08:00","sets":"W","knots":1.4},{"at":"11:00","sets":"W","knots":2.3},{"at":"14:00","sets":"slack","knots":0.2},{"at":"17:00","sets":"E","knots":1.6}]}
= {"area":"South Funen","issued":"2025-05-20T04:00Z","steps":[{"at":"08:00","wind":"NW 3","gusts_kn":13},{"at":"14:00","wind":"NW 4","gusts_kn":18},{"at":"20:00","wind":"N 3","gusts_kn":12}],"rain":"none"}
< You come from the east and the current sets west until about two, with up to 2.3 knots at eleven: it pushes you through. Be at the eastern end around half past ten, and you'll fly at 7 knots over the ground. After five it turns against you. Wind north-west 3 to 4, so motor-sail the narrow part.
> And if something happens with the engine in the narrows?
< Then have the anchor ready to drop before you enter: pin out, somebody beside it. Sails must be ready to hoist as well. In trouble: VHF channel 16, call "Lyngby Radio", or phone 112. But you have just had that engine serviced, and wind enough to sail out either way.
~ 5h
> ¡Qué pasada! 7.8 knots over ground under the bridge. Lucía wants to do it again.
< I'm told that the second time costs a beer. Svendborg has two marinas; the town harbour is noisier and five minutes from the ice cream.
> Town harbour it is. Tomorrow lazy day. Gale or no gale?
! get_warnings {"area":"South Funen","until":"2025-05-22"}
= {"warnings":[],"issued":"2025-05-20T15:00Z"}
< No warnings as of 17:00. Lazy day approved.
~ 1d
> Something is beeping. Regular beeps from under the chart table since this morning. Not the bilge.
! read_engine_log {"boat":"Kittiwake","last":3}
! read_battery_monitor {"boat":"Kittiwake"}
= {"boat":"Kittiwake","samples":[{"at":"05-20 13:40","rpm":2200,"coolant_c":80},{"at":"05-20 13:55","rpm":1100,"coolant_c":74},{"at":"05-20 14:02","rpm":0}]}
= {"boat":"Kittiwake","service_battery":{"volts":11.9,"percent":34,"draw_a":6.2},"starter_battery":{"volts":12.7,"percent":98},"alarm":"service battery below 35 %","shore_power":false}
< That's the battery monitor: your service batteries are at 34 per cent and something draws 6 amps, probably the fridge and the heater fan. The starter battery is full, so nothing is at risk. Plug in the shore cable (in the port cockpit locker) or run the engine for an hour.
> The cable WAS plugged in. Ah. The breaker on the pontoon was off. Silence! Gracias.
< ¡De nada! The breaker on the pontoon is behind half of all electrical mysteries.
> Now the important question: where does one eat herring here?
< The smokehouse by the old customs quay; try the plate with three kinds and rye bread, "stjerneskud" if someone prefers plaice and shrimps. They close at eight.
~ 20h
> Leaving for Faaborg. Lucía is skipper today, she asks for the route without my "improvements".
! plan_route {"from":"Svendborg","to":"Faaborg","draught_m":1.8,"speed_kn":5.5}
= {"miles":14.6,"hours":2.7,"legs":[{"to":"west end of the sound","miles":4.2,"course":248},{"to":"north of Skarø","miles":4.6,"course":262},{"to":"Faaborg channel","miles":5.8,"course":300}],"shallows":["Knastegrund 1.1 m"]}
< For capitana Lucía: 14.6 miles, under three hours. West out of the sound, pass north of Skarø, then 300 degrees to the Faaborg channel. The one to avoid is Knastegrund, 1.1 metres, marked by a south cardinal: stay south of it.
> "Tell him I knew that." We also have a wasp on board and Nuria is hiding in the cabin.
< Give the wasp a starting place in a glass with jam on the foredeck, it'll leave by itself. The pen is in the first-aid locker, above the navigator's seat. If she is stung and feels her throat or her breathing: pen at once, into the outer thigh, then channel 16 or 112, without waiting to see whether it gets better.
> Wasp has left the ship voluntarily. Everyone read the instructions of the pen. Good drill.
< Best kind of drill. Put the pen where all four of you can find it blind.
~ 5h
> Faaborg. We anchored outside in Bjørne's bay, it's so quiet. How much chain for 4 metres of water?
< Chain only: at least 4 times the depth plus the freeboard, so 20 metres for a calm night; with the wind that comes tomorrow rather 30. Reverse gently until it holds, then take two bearings on land and look again after an hour.
> 30 metres out. Bearings: church 041, red barn 118.
* Anchored off Faaborg in 4 m with 30 m of chain. Bearings at anchor: church 041, red barn 118.
~ 8h
> Marlow it's 3 in the morning and the wind has come up. Church is 052 now, barn 131. Are we dragging?
! get_forecast {"area":"South Funen","from":"2025-05-23T03:00","hours":9}
= {"area":"South Funen","issued":"2025-05-22T22:00Z","steps":[{"at":"03:00","wind":"SW 5","gusts_kn":26},{"at":"06:00","wind":"W 6","gusts_kn":31},{"at":"09:00","wind":"W 5","gusts_kn":25}],"rain":"showers"}
< The wind has turned from the quiet side to south-west, so the boat has swung as well: bearings change by that alone. Take two more bearings five minutes apart. If they stay the same, you've swung and hold; if they go on changing, you are dragging. Engine on in neutral, one person at the plotter, lifejackets for whoever goes forward. It'll reach west 6 by six o'clock.
> Five minutes later: 052 and 131 again. Plotter shows an arc, not a line.
< Then you're holding. Let out another 10 metres, keep an anchor watch until it eases around nine, two hours each. If the arc becomes a line: engine ahead, up with the anchor, into Faaborg harbour, where the lee is good and the entrance is lit.
> 40 metres out. Inés and I take the first watch. Thank you. Really.
< You did everything right: bearings in the evening, looking again at night, asking before it hurts.
~ 6h
> It's over, sun's out, and we're all a bit proud. Home run to Sønderborg today?
! plan_route {"from":"Faaborg","to":"Sønderborg","draught_m":1.8,"speed_kn":6}
! get_forecast {"area":"Western Baltic","from":"2025-05-23T10:00","hours":10}
= {"miles":27.9,"hours":4.7,"legs":[{"to":"north of Lyø","miles":6.3,"course":262},{"to":"Als Fjord entrance","miles":11.2,"course":251},{"to":"Sønderborg bridge","miles":10.4,"course":187}],"bridge":{"name":"Kong Christian X","opens":["15:38","16:38","17:38","19:38"],"vhf":16}}
= {"area":"Western Baltic","issued":"2025-05-23T06:00Z","steps":[{"at":"10:00","wind":"W 5","gusts_kn":24,"sea_m":0.9},{"at":"13:00","wind":"W 4","gusts_kn":18,"sea_m":0.7},{"at":"17:00","wind":"W 3","gusts_kn":13,"sea_m":0.4}],"rain":"none"}
< Yes: 28 miles by way of Als Fjord and Als Sound, the sheltered side, under five hours. West 5 easing to 3 (issued 08:00). The bridge at Sønderborg opens at 15:38, 16:38 and 17:38, so leave by eleven and take the second one. One reef until Lyø, then see.
~ 7h
> Through the bridge at 16:38, moored below the castle. Last evening. Nuria asks how much diesel we have to refill.
! read_engine_log {"boat":"Kittiwake","totals_since":"2025-05-17"}
= {"boat":"Kittiwake","engine_hours":11.3,"litres_estimated":24}
< 11.3 engine hours, so about 24 litres. There is a diesel pump in Sønderborg by the entrance, or the one at our jetty, open until ten tomorrow. Hand-over is at eleven.
> ¡Perfecto! What do we owe the week in beers to the assistant?
< Put it into a good review and a tip for Maren, who scrubs the boat. 138 miles, one reef in time, one night at anchor like professionals: it was a pleasure.
~ 17h
> Back in Flensburg, boat handed over, deposit released. Next year the Kattegat. Keep our notes!
< They're kept. ¡Hasta el año que viene! I'd start with Anholt in June.
`
