@ locales=de_DE,de_AT,de_CH script=latin weight=4
Sehr geehrte Frau {last}, vielen Dank für Ihre Anfrage vom {date}.
Sehr geehrter Herr {last},\nanbei erhalten Sie die Rechnung {id}.
Mit freundlichen Grüßen\n{person}\n{org}
Viele Grüße\n{first}
Mein Name ist {person} und ich wohne in {address}.
Bitte senden Sie das Paket an {address}.
{person} wohnt seit {year} in {city}.
Herr {person} arbeitet bei {org} in {city}.
Die Patientin {person} wurde am {date} in {city} geboren.
Das Treffen mit {first} und {first} findet in {city} statt.
{org} eröffnet eine Filiale in {city}.
Hallo {first}, kannst du mich morgen anrufen?
Unsere neue Anschrift: {address}
Name: {person}\nAnschrift: {address}\nTelefon: {phone}
Die Ärztin Dr. {last} hat Urlaub bis {date}.
Der Zug von {city} nach {city} hat Verspätung.
Die Sitzung beginnt um {time} im Großen Saal. Bitte bringen Sie Ihren Ausweis mit.
Der Kunde hat die Rechnung nicht bezahlt. Die Frist endet am {date}.
Guten Morgen, ich habe eine Frage zu meiner Bestellung und zur Lieferung.
Laut {person} von der {org} steigen die Preise.
{first}s Vater lebt in der {street}.
@ locales=fr_FR,fr_CH,fr_CA script=latin weight=4
Bonjour {first}, peux-tu m'appeler demain ?
Madame {last}, nous avons bien reçu votre demande du {date}.
Cher Monsieur {last},\nveuillez trouver ci-joint la facture {id}.
Cordialement,\n{person}\n{org}
Je m'appelle {person} et j'habite au {address}.
Veuillez livrer le colis à {person}, {address}.
{person} est née le {date} à {city}.
{person} travaille chez {org} à {city} depuis {year}.
La société {org} ouvre une usine à {city}.
Le docteur {last} est absent jusqu'au {date}.
Nom : {person}\nAdresse : {address}\nTéléphone : {phone}
Rendez-vous à {city} avec {first} et {first}.
Le train de {city} à {city} est en retard.
Selon {person}, porte-parole de {org}, les prix augmentent.
Bonjour, je voudrais changer mon mot de passe. Merci d'avance.
La réunion commence à {time} dans la Grande Salle.
Le client n'a pas payé la facture. Veuillez agréer nos salutations.
Notre agence se trouve {address}.
@ locales=es_ES,es_MX,es_AR,es_CL,es_CO script=latin weight=4
Hola {first}, ¿puedes llamarme mañana?
Estimada señora {last}: hemos recibido su solicitud del {date}.
Estimado Sr. {last},\nadjuntamos la factura {id}.
Un saludo,\n{person}\n{org}
Me llamo {person} y vivo en {address}.
Envíen el paquete a {person}, {address}.
{person} nació el {date} en {city}.
{person} trabaja en {org} desde {year}.
La empresa {org} abrirá una fábrica en {city}.
La doctora {last} no atiende el {date}.
Nombre: {person}\nDirección: {address}\nTeléfono: {phone}
Quedamos en {city} con {first} y {first}.
El vuelo de {city} a {city} llega tarde.
Según {person}, portavoz de {org}, los precios suben.
Buenos días, tengo una pregunta sobre mi pedido. Muchas gracias.
El cliente no ha pagado la factura. La Reunión es el lunes.
Vivo en {street}, cerca de la estación.
@ locales=it_IT script=latin weight=3
Ciao {first}, mi chiami domani?
Gentile signora {last}, abbiamo ricevuto la sua richiesta del {date}.
Cordiali saluti\n{person}\n{org}
Mi chiamo {person} e abito in {address}.
Spedite il pacco a {person}, {address}.
{person} è nato il {date} a {city}.
{person} lavora per {org} a {city}.
Il dottor {last} riceve il giovedì.
Nome: {person}\nIndirizzo: {address}
Il treno da {city} a {city} è in ritardo.
Buongiorno, vorrei informazioni sul mio ordine. Grazie mille.
Secondo {person} di {org} i prezzi salgono.
Ci vediamo a {city} con {first} e {first}.
@ locales=pt_PT,pt_BR script=latin weight=3
Olá {first}, podes ligar-me amanhã?
Prezada senhora {last}, recebemos o seu pedido de {date}.
Atenciosamente,\n{person}\n{org}
Meu nome é {person} e moro em {address}.
Enviem a encomenda para {person}, {address}.
{person} nasceu a {date} em {city}.
{person} trabalha na {org} em {city}.
O doutor {last} atende às quartas.
Nome: {person}\nMorada: {address}
O voo de {city} para {city} está atrasado.
Bom dia, tenho uma dúvida sobre a minha encomenda. Obrigado.
Segundo {person}, da {org}, os preços sobem.
@ locales=nl_NL,nl_BE script=latin weight=3
Hoi {first}, kun je me morgen bellen?
Geachte mevrouw {last}, wij hebben uw aanvraag van {date} ontvangen.
Met vriendelijke groet,\n{person}\n{org}
Mijn naam is {person} en ik woon op {address}.
Stuur het pakket naar {person}, {address}.
{person} is geboren op {date} in {city}.
De heer {last} werkt bij {org} in {city}.
Naam: {person}\nAdres: {address}
De trein van {city} naar {city} is te laat.
Goedemorgen, ik heb een vraag over mijn bestelling. Bedankt.
Volgens {person} van {org} stijgen de prijzen.
@ locales=sv_SE,da_DK,no_NO script=latin weight=3
Hej {first}, kan du ringa mig i morgon?
Bästa fru {last}, tack för ert brev av den {date}.
Med vänliga hälsningar\n{person}\n{org}
Jag heter {person} och bor på {address}.
{person} föddes i {city} den {date}.
{person} arbetar på {org} i {city}.
Tåget från {city} till {city} är försenat.
Hej {first}, kan du ringe til mig i morgen?
Venlig hilsen\n{person}
Jeg hedder {person} og bor på {address}.
Jeg heter {person} og bor i {city}.
{person} er født i {city} og jobber i {org}.
Navn: {person}\nAdresse: {address}
Mötet börjar klockan {time}. Ta med legitimation.
Send pakken til {person}, {address}.
@ locales=fi_FI,et_EE script=latin weight=2
Hei {first}, voitko soittaa huomenna?
Nimeni on {person} ja asun osoitteessa {address}.
Ystävällisin terveisin\n{person}\n{org}
{person} syntyi {date}, kotipaikka {city}.
{person} on töissä yrityksessä {org}.
Nimi: {person}\nOsoite: {address}
Kokous alkaa kello {time}. Kiitos viestistä.
Tere {first}, kas saad homme helistada?
Minu nimi on {person} ja elan aadressil {address}.
@ locales=pl_PL script=latin weight=3
Cześć {first}, możesz do mnie jutro zadzwonić?
Szanowna Pani {last}, dziękujemy za list z dnia {date}.
Z poważaniem\n{person}\n{org}
Nazywam się {person} i mieszkam pod adresem {address}.
Proszę wysłać paczkę do: {person}, {address}.
{person} urodził się {date} w mieście {city}.
Pan {person} pracuje w firmie {org}.
Imię i nazwisko: {person}\nAdres: {address}
Pociąg {city} - {city} jest opóźniony.
Dzień dobry, mam pytanie o moje zamówienie. Dziękuję.
@ locales=cs_CZ,sk_SK script=latin weight=2
Ahoj {first}, můžeš mi zítra zavolat?
Vážená paní {last}, děkujeme za dopis ze dne {date}.
S pozdravem\n{person}\n{org}
Jmenuji se {person} a bydlím na adrese {address}.
{person} se narodil {date}, město {city}.
Pan {person} pracuje ve firmě {org}.
Jméno: {person}\nAdresa: {address}
Dobrý den, mám dotaz k objednávce. Děkuji.
Volám sa {person} a bývam na adrese {address}.
@ locales=hu_HU script=latin weight=2
Kedves {first}, fel tudsz hívni holnap?
Tisztelt {person}! Köszönjük a levelét.
Üdvözlettel\n{person}\n{org}
A nevem {person}, a címem {address}.
{person} {city} városban született {date}.
{person} a {org} munkatársa.
Név: {person}\nCím: {address}
Jó napot, kérdésem van a rendelésemről. Köszönöm.
@ locales=ro_RO script=latin weight=2
Salut {first}, mă poți suna mâine?
Stimată doamnă {last}, am primit cererea dumneavoastră.
Cu stimă,\n{person}\n{org}
Mă numesc {person} și locuiesc la adresa {address}.
{person} s-a născut la {date} în {city}.
{person} lucrează la {org} din {year}.
Nume: {person}\nAdresă: {address}
Bună ziua, am o întrebare despre comandă. Mulțumesc.
@ locales=hr_HR,sl_SI script=latin weight=2
Bok {first}, možeš li me nazvati sutra?
Poštovana gospođo {last}, zahvaljujemo na pismu.
S poštovanjem\n{person}\n{org}
Zovem se {person} i živim na adresi {address}.
{person} radi u tvrtki {org} od {year}.
Ime: {person}\nAdresa: {address}
{person} je rođen u gradu {city}.
Pozdravljeni, moje ime je {person} in živim v {city}.
Dobar dan, imam pitanje o narudžbi. Hvala.
@ locales=tr_TR,az_AZ script=latin weight=2
Merhaba {first}, yarın beni arar mısın?
Sayın {last}, başvurunuz alınmıştır.
Saygılarımla\n{person}\n{org}
Adım {person}, adresim {address}.
{person} {date} tarihinde {city} şehrinde doğdu.
{person}, {org} şirketinde çalışıyor.
Ad Soyad: {person}\nAdres: {address}
İyi günler, siparişim hakkında bir sorum var. Teşekkürler.
@ locales=lt_LT,lv_LV,is_IS,ga_IE script=latin weight=1
{person} gyvena mieste {city}.
Mano vardas {person}.
Mani sauc {person}, es dzīvoju {city}.
Ég heiti {person} og bý í {city}.
{person} vinnur hjá {org}.
Labas {first}, ar gali paskambinti rytoj?
@ locales=id_ID,sw,zu_ZA,yo_NG script=latin weight=1
Halo {first}, bisa telepon saya besok?
Nama saya {person} dan saya tinggal di {address}.
Hormat kami,\n{person}\n{org}
{person} bekerja di {org} di {city}.
Nama: {person}\nAlamat: {address}
Selamat pagi, saya punya pertanyaan. Terima kasih.
Jina langu ni {person}, ninaishi {city}.
Igama lami ngu {person}.
Bapak {last} lahir di {city} pada {date}.
@ locales=vi_VN script=latin weight=1
Tôi tên là {person}, sống ở {city}.
Kính gửi ông {person}, chúng tôi đã nhận được thư.
Trân trọng,\n{person}
{person} làm việc tại {org}.
Họ tên: {person}\nĐịa chỉ: {address}
Xin chào, tôi có một câu hỏi về đơn hàng. Cảm ơn.
Anh {first} sinh ngày {date} ở {city}.
@ locales=ru_RU script=cyrillic weight=3
Здравствуйте, {first}, перезвоните мне завтра.
Уважаемая госпожа {last}, мы получили ваше письмо от {date}.
С уважением,\n{person}\n{org}
Меня зовут {person}, я живу по адресу {address}.
Отправьте посылку по адресу: {address}, получатель {person}.
{person} родился {date} в городе {city}.
{person} работает в компании {org}.
Пациент {person} поступил {date}.
ФИО: {person}\nАдрес: {address}\nТелефон: {phone}
Поезд {city} — {city} опаздывает.
Доктор {last} принимает по средам.
Добрый день, у меня вопрос о заказе. Спасибо.
Мы летим в {city} с {first}.
Договор подписан {date}. Сумма: {money}. Сторона обязуется выполнить работу.
@ locales=uk_UA,bg_BG script=cyrillic weight=2
Добрий день, {first}, зателефонуйте мені завтра.
Шановна пані {last}, дякуємо за лист.
З повагою,\n{person}\n{org}
Мене звати {person}, я живу за адресою {address}.
{person} працює в компанії {org}.
{person} народився у місті {city}.
ПІБ: {person}\nАдреса: {address}
Здравейте, {first}, обадете ми се утре.
Казвам се {person} и живея в {city}.
Име: {person}\nАдрес: {address}
Маю питання щодо замовлення. Дякую.
@ locales=el_GR script=greek weight=2
Γεια σου {first}, πάρε με τηλέφωνο αύριο.
Αξιότιμη κυρία {last}, λάβαμε την επιστολή σας.
Με εκτίμηση,\n{person}\n{org}
Ονομάζομαι {person} και μένω στη διεύθυνση {address}.
Ο {person} γεννήθηκε στις {date} στην πόλη {city}.
Η {person} εργάζεται στην εταιρεία {org}.
Όνομα: {person}\nΔιεύθυνση: {address}
Καλημέρα, έχω μια ερώτηση για την παραγγελία. Ευχαριστώ.
@ locales=hy_AM,ka_GE script= weight=1
Իմ անունն է {person}, ապրում եմ {address}։
{person} աշխատում է {org} ընկերությունում։
Բարև, հարց ունեմ պատվերի մասին։
მე მქვია {person}, ვცხოვრობ მისამართზე {address}.
{person} მუშაობს კომპანიაში {org}.
გამარჯობა, მაქვს კითხვა შეკვეთის შესახებ.
