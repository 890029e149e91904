/** A mother who books a children's week, in two languages. */
export const AIKO = `
@ 2025-03-18T07:55:00+01:00 aiko.tanaka optimist-camp
> おはようございます。息子（９歳）が夏のオプティミスト・キャンプに参加したいと言っています。日本語で質問してもいいですか？
< おはようございます、田中さん。もちろんです。オプティミスト・キャンプは８歳から１２歳まで、月曜日から金曜日、９時から１６時までです。ご希望の週はありますか？
> 7月の最初の２週間のどちらかがいいです。息子は泳げますが、ドイツ語はまだ少ししか話せません。
! find_courses {"course":"optimist-camp","from":"2025-06-30","to":"2025-07-11","places":1,"age":9}
= {"courses":[{"id":"OC-0630","days":["2025-06-30","2025-07-04"],"free":2,"instructor":"Maren","languages":["de","en"],"price_eur":295},{"id":"OC-0707","days":["2025-07-07","2025-07-11"],"free":4,"instructor":"Lasse","languages":["de","da"],"price_eur":295}]}
< 6月30日からの週は残り２名、インストラクターのマーレンは英語も話します。7月7日からの週は残り４名です。息子さんには最初の週がよいと思います。料金は295ユーロで、昼食とライフジャケットが含まれます。
> My husband is reading along now, so in English please. Does Kenta need a swimming badge?
< Yes, the bronze badge or anything like it from Japan: 200 metres and a jump from the side. If he has no paper, Maren lets the children swim a round on Monday morning, in a warm pool.
> He has the bronze badge. He is allergic to peanuts, and carries a pen for it. Can you handle that?
< Yes. The kitchen cooks without nuts during the camp weeks, and all instructors are trained with auto-injectors. Please give the pen to Maren each morning; it goes along in the safety boat.
* Kenta Tanaka, 9: allergic to peanuts, carries an auto-injector, which must be in the safety boat. Speaks Japanese and English, little German.
> Thank you, that is a relief. Please book the first week.
! book_course {"course_id":"OC-0630","guest":"Kenta Tanaka","age":9,"allergies":["peanut"],"guardian":"Aiko Tanaka"}
= {"booking":"F-20944","status":"confirmed","balance_eur":295,"pay_by":"2025-06-16"}
< Booked: 30 June to 4 July, booking F-20944. The 295 euros are due by 16 June. He needs a sun hat, old trainers that may get wet, and two towels.
> ありがとうございます。よろしくお願いします。
< こちらこそ、健太くんに会えるのを楽しみにしています。

@ 2025-05-14T21:12:00+02:00 aiko.tanaka optimist-camp-questions
> Hello, about the camp: Kenta has grown, he is now 141 cm and 34 kg. Is the Optimist still the right boat?
< Perfectly: the Optimist suits children up to about 50 kilos. I have noted the size for his drysuit.
! update_guest {"booking":"F-20944","height_cm":141,"weight_kg":34}
= {"booking":"F-20944","updated":["height_cm","weight_kg"],"drysuit":"140-152"}
< Done: drysuit 140-152 is set aside.
> And can his friend Yuki join? She is 8 and sails already in Enoshima.
! find_courses {"course":"optimist-camp","from":"2025-06-30","to":"2025-07-04","places":1,"age":8}
= {"courses":[{"id":"OC-0630","days":["2025-06-30","2025-07-04"],"free":1,"instructor":"Maren","languages":["de","en"],"price_eur":295}]}
< There is exactly one place left. I can hold it for three days, and her parents can book with the link that I have just sent you.
> Great, 由紀ちゃんのお母さんに伝えます。
`
