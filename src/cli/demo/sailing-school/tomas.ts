/** A guest who charters a boat for a week: asking, booking, and a change before he comes. */
export const TOMAS = `
@ 2025-03-11T12:40:00+01:00 tomas.herrera charter-in-may
# You are Marlow, the assistant of Förde Sailing School in Flensburg. Be brief and friendly, answer in the guest's language, never promise weather, and book only after the guest has said yes.
> Buenas, somos cuatro amigos de Valencia y queremos alquilar un velero una semana en mayo. ¿Habláis español?
< ¡Hola! Claro que sí. ¿Qué semana de mayo os vendría bien, y alguno de vosotros tiene título de patrón?
> Del 17 al 24. Yo tengo el PER y mi hermana Lucía el PNB. Mejor seguimos en inglés, the others speak it better than German.
! search_charter {"from":"2025-05-17","to":"2025-05-24","berths":4}
! check_licence {"country":"ES","licence":"PER"}
= {"boats":[{"name":"Tern","feet":31,"berths":4,"week_eur":1290,"deposit_eur":1000},{"name":"Kittiwake","feet":34,"berths":6,"week_eur":1640,"deposit_eur":1200},{"name":"Sandpiper","feet":37,"berths":8,"week_eur":2150,"deposit_eur":1500}]}
= {"licence":"PER","accepted":true,"up_to_feet":40,"needs":["copy of the licence","VHF certificate of one person on board"]}
< Your PER is enough for all our boats, if one of you has a VHF certificate. For four people I would take the Kittiwake: 34 feet, two proper cabins, 1,640 euros for the week. The Tern would do at 1,290, but you will know each other very well afterwards.
> Ha. The Kittiwake then. Lucía has the VHF. What does the deposit mean exactly?
< The 1,200 euros stay blocked on your card and are released when the boat is back undamaged. For 89 euros you can lower your risk to 300; most guests who don't know the area take that.
> We'll take that too. How many miles can one do in a week there, without racing?
< Comfortably 120 to 150. A classic round: Sønderborg, Ærøskøbing, Marstal, Svendborg, Faaborg and back, 15 to 25 miles a day, always with a plan B, because the islands are close together. No tides, but currents of up to three knots in the Svendborg Sound.
> Sounds perfect. Is it cold in May?
< Water around 11 degrees, air 10 to 18, and the evenings are long: light until ten. The Kittiwake has a diesel heater. Bring real gloves, not fashion ones.
> OK, sold. Please book the Kittiwake 17-24 May with the deposit insurance. Tomás Herrera, Carrer de la Pau 11, Valencia.
! book_charter {"boat":"Kittiwake","from":"2025-05-17T15:00","to":"2025-05-24T11:00","skipper":"Tomás Herrera","deposit_insurance":true}
= {"booking":"C-0519","status":"confirmed","total_eur":1729,"first_instalment_eur":865,"due":"2025-03-25","balance_due":"2025-04-25"}
< Booked: Kittiwake, 17 May 15:00 to 24 May 11:00, booking C-0519, 1,729 euros with the insurance. Half is due by 25 March, the rest by 25 April.
* Tomás Herrera (skipper, PER) and his sister Lucía (PNB, VHF), with Nuria and Pau. Nuria carries an adrenaline pen for wasp stings.
> ¡Genial, gracias Marlow!
< ¡A vosotros! I'll write in early May with the crew list and the charts.

@ 2025-04-29T19:20:00+02:00 tomas.herrera crew-and-provisions
> Hi Marlow, second half is paid. Two things: Pau can't come, his replacement is Inés. And can you organise provisions for the first two days?
< Hi Tomás! The money has arrived, thank you. For the crew list I need Inés's full name, date of birth and ID number.
> Inés Ferrer Boix, 2 November 1991, ID 53•••218K, she'll show the original. She is a nurse, by the way.
! update_crew {"booking":"C-0519","remove":"Pau","add":{"name":"Inés Ferrer Boix","born":"1991-11-02"}}
= {"booking":"C-0519","crew":["Tomás Herrera","Lucía Herrera","Nuria Sanchis","Inés Ferrer Boix"],"complete":true}
< Crew list updated: Tomás, Lucía, Nuria, Inés. For the food: breakfast and one warm meal a day for two days, four people, anything you don't eat?
> No pork for Nuria. And real coffee, please, the kind that wakes the dead.
! order_provisions {"booking":"C-0519","days":2,"persons":4,"without":["pork"],"extras":["espresso coffee 500 g","moka pot"]}
= {"order":"V-208","total_eur":96.4,"on_board":"2025-05-17T14:00"}
< Ordered for 96.40 euros; it will be in the fridge when you arrive, with half a kilo of espresso and a moka pot.
> You are an angel. Which charts do we need?
< None to buy: paper charts and the plotter are on board, updated in April. Have a look at the almanac's pages on the Svendborg Sound before you come. The bridge is 33 metres high, your mast 16, so the only thing to respect is the current.
`
