@ locales=en_US,en_GB,en_AU,en_CA,en_IE,en_NZ,en_IN,census guests=de_DE,fr_FR,es_ES,es_MX,it_IT,nl_NL,pl_PL,sv_SE,da_DK,no_NO,fi_FI,cs_CZ,hu_HU,pt_BR,pt_PT,ro_RO,hr_HR,sl_SI,tr_TR,is_IS,en_NG,en_KE,en_PK,vi_VN,id_ID,de_AT,de_CH,fr_CH,nl_BE,ga_IE,zu_ZA,lt_LT,lv_LV,et_EE,sk_SK script=latin weight=34
Hi {first}, could you send me the invoice for {month} before {day}?
Dear {title} {last}, your appointment on {date} at {time} has been confirmed.
Dear {first},\nThank you for getting in touch. We will reply within two days.\nKind regards,\n{person}
Best wishes,\n{person}\n{org}
Kind regards,\n{first}
Regards,\n{person}\nHead of Sales, {org}\n{phone}\n{email}
Hello, this is {person} calling from {org} about order {id}.
My name is {person} and I live at {address}.
Please ship the parcel to {address}.
Please deliver it to {person}, {address}, and ring twice.
The new tenant at {address} is {person}.
Our office has moved from {city} to {city}.
Our branch in {city} is closed on {day}.
She flew from {city} to {city} with a stop in {country}.
He was born in {city}, {country}, on {date}.
{person} was born on {date} in {city}.
{person}, {age}, of {city}, was taken to hospital late on {day}.
The patient, {person}, was admitted on {date} with chest pain.
Patient {person} (date of birth {date}) was referred by Dr. {last}.
Patient: {person}\nDate of birth: {date}\nAddress: {address}\nPhone: {phone}
Name: {person}\nCompany: {org}\nCity: {city}\nCountry: {country}
Name: {person}\nEmail: {email}\nPhone: {phone}
Full name: {person}
Customer: {person}
Contact: {person}, {phone}
Attn: {person}\n{org}\n{address}
Bill to: {person}\n{address}
Ship to:\n{person}\n{address}
From: {person} <{email}>\nTo: {person} <{email}>\nSubject: Quarterly figures
On {date}, {person} wrote:
Cc {person}, {person} and {person}
{person} and {person} were married in {city} in {year}.
{person}, {person} and {person} joined the call from {city}.
Meeting notes: {first} will talk to {first} about the budget; {first} takes the minutes.
Attendees: {person}, {person}, {person}
{first} said that {first} would call back tomorrow.
{first} asked whether {org} would sponsor the event again.
I spoke to {first} at the front desk and she was very helpful.
I used to work for {org} before I joined {org} in {year}.
{org} announced on {day} that it will open a plant in {city}.
{org} has agreed to buy {org} for {money} million.
Shares in {org} fell after the chief executive, {person}, resigned.
{person}, a spokesman for {org}, declined to comment.
According to {person} of the {org}, prices in {country} rose last year.
The {org} in {city} offers courses for nurses.
Professor {person} teaches chemistry at {org}.
{title} {last} has been our family doctor for years.
{title} {person} will see you now.
Is {title} {last} in today? I have a letter for him.
The court heard that {person} of {address} had failed to pay.
{last} v. {last}, decided in {year}, is often cited.
The witness, {title} {last}, said that she had never been to {city}.
{last}'s lawyer said the claim had no merit.
{person}'s account at {org} was closed on {date}.
{first}'s flight to {city} leaves at {time}.
I need to change the address on my policy to {address}, please.
My card {card} was charged twice by {org}.
Could you transfer {money} to {person}, account {iban}?
Send the money to {person} at {org}, IBAN {iban}.
The transfer to {person} did not arrive. My reference is {id}.
I lost my wallet in {city} yesterday; my number is {phone}.
We are moving to {street} next week.
Turn left at the lights and you will find us at {street}.
The shop at {street} in {city} sells it.
The accident happened near {street} around {time}.
They met at {street}.
Visit our showroom: {address}
You can find us at {address}. Opening hours: 9 to 5.
Return address: {address}
Headquarters: {address}
My old address was {address} and my new one is {address}.
Registered office: {address}. Registered in {country} under number {num}.
I'm {first}, nice to meet you!
I am {person}, the new intern.
Hey {first}! How was {city}?
Thanks {first}!
thanks {first}, see you at the station
ok {first} will do
@{first} can you look at this?
So {first} and I went to {city} for the weekend, it rained all the time.
Anyone been to {city} lately? Thinking of going in {month}.
{city} is so beautiful in the snow
just landed in {city}
RT: {person} wins again in {city}!!
I miss {city} :(
Greetings from {city}, {country}!
Happy birthday {first}!
RIP {person}, you were the best.
Just saw {person} on tv lol
{person} is the new coach of {org}.
{org} beat {org} 3-1 in {city} on {day} night.
I love the new album by {person}.
"{last}" by {person} is my favourite book.
The film stars {person} and {person}.
{person} (born {date} in {city}) is a painter from {country}.
{person} ({year}–{year}) was a politician who represented {city}.
{city} is the capital of {country}.
{city} is a city in the north of {country}, close to the border with {country}.
{place}, {place} and {place} signed the agreement.
The river rises in {country} and flows through {city} to the sea.
Flights from {place} to {place} are cancelled.
The embassy of {country} in {city} will be closed on {date}.
My passport was issued in {country} on {date}.
Where are you from? I'm from {place}.
I grew up in {place} but my parents live in {place}.
Weather in {city}: rain until {day}.
It takes two hours to drive from {city} to {city}.
Do you ship to {country}?
Does your card work in {country}?
The {country} office reports to {first}.
{first} moved from {country} to {country} in {year} to work for {org}.
{org} and {org} will share offices in {place}.
I bought it at {org} last week and it broke.
My insurance is with {org}, policy {id}.
I have an interview with {org} on {day}!
Does {org} still sell those?
The {org} app keeps crashing on my phone.
{org} customer service is terrible.
Why did {org} charge me {money}?
I would like to cancel my subscription with {org}.
Copyright {year} {org}. All rights reserved.
Employee {id}: {person}, {org}
Signed by {person} for {org}
The contract between {org} and {person} ends on {date}.
This agreement is made on {date} between {org}, {address}, and {person}.
Guarantor: {person}, residing at {address}
Emergency contact: {person}, {phone}
In an emergency call {first} on {phone}.
Please ask for {first} when you arrive.
Give my best to {first} and the children.
{first} {last}'s mother, {person}, lives in {city}.
My son {first} is {age} and my daughter {first} is {age}.
My husband {first} works at {org}.
{first} is allergic to penicillin.
{person} reports pain in the left knee since {date}.
Referred by: {person}, MD
Seen by Dr. {person} at {org} on {date}.
The nurse, {first}, changed the dressing at {time}.
{title} {last} takes 20 mg daily.
Interviewer: {person}. Candidate: {person}.
{person} has ten years of experience at {org} and a degree from {org}.
Passenger {person}, seat 14C, {city} to {city}
Guest: {person}, room {num}, until {date}
{person}\n{address}
{person}\n{org}\n{address}\n{phone}
{person}, {org}, {city}
{person}; {city}; {country}
{person},{email},{phone},{city}
{id},{person},{date},{money},{city}
| {person} | {city} | {org} |
{city}, {date}
{city}, {country}
{org}, {city}
{address}
{person}
{org}
{city}
Lives at {address}. Works at {org}.
The parcel for {first} {last} was left with a neighbour at {street}.
We have no record of {person} at {address}.
Agent: how can I help?\nCustomer: hi, I'm {person}. I moved to {address} and need a new card.
User: what's the weather in {city}?
Remind me to call {first} at {time}.
Book a table for two in {city} under the name {last}.
Call {person}.
Text {first} that I am late.
Play something by {person}
Navigate to {address}
Find hotels near {street}, {city}
Who is {person}?
How far is {city} from {city}?
Tell {first} I said hi
{first} {last} here, please call me back on {phone}.
The {last} family has lived in {city} since {year}.
The {last}s live next door.
Young {first} and old {title} {last} went fishing.
Prime Minister {last} will visit {country} in {month}.
President {person} spoke in {city}.
Judge {person} dismissed the case against {org}.
Captain {last} commanded the ship.
St. {first}'s Church in {city} was built in {year}.
Officer {last} arrived at {street} at {time}.
Detective {person} of the {city} police asked for help.
The suspect, {person}, a citizen of {country}, was arrested in {city}.
customer="{person}" order={id}
name={person}; phone={phone}
"name": "{person}", "city": "{city}"
{"first_name": "{first}", "last_name": "{last}"}
{"patient": "{person}", "address": "{address}"}
user_name="{person}" ip={ip}
The figures were checked by {first} {last} ({org}).
{person} ({org}) and {person} ({org}) presented their results.
[1] {last}, {year}. [2] {last} and {last}, {year}.
As {last} ({year}) showed, this does not hold.
see {last} et al., {year}
Lunch with {first} on {day}?
{first}: are you there?\n{first}: yes, one moment
{first} - please review. {first} - please sign.
To whom it may concern: {person} worked for us from {year} to {year}.
{first} and {first}, who met at {org}, live in {city}.
Payable to {person}
The winner is {person} from {city}!
Congratulations to {person} of {org}.
Directions: take the train to {city}, then walk to {street}.
I left my umbrella at {org} on {street}.
Mail it to {address} by {day}.
Our records show {address} as your home address. Is that right?
A technician will come to {address} on {date} between 8 and 12.
Property for sale: {address}, {money}
Rent for {address} is due on {date}.
The meter at {address} reads {num}.
Pick me up from {address} at {time} and drop me at {address}.
Incident at {street}: caller {person}, {phone}.
Does anybody live at {address}?
{city}-based {org} was founded by {person} in {year}.
North of {city} the road is closed.
The {city} office called.
Welcome to {city}!
Made in {country}
Products of {country} are cheap in {country}.
People in {country} speak two languages.
My girlfriend is from {city} and hates the cold.
{first} from accounting has your badge.
ask {first} or {first}
with love, {first}
Yours sincerely,\n\n{title} {person}
Mrs {last} and her daughter {first} came by.
Mom told {first} to clean up.
{first}, {first} & {first} will be there too
@ weight=12 script=latin locales=en_US
Please find attached the Quarterly Report for the First Quarter.
Terms and Conditions apply. See our Privacy Policy.
The Board approved the Annual Budget on {date}.
Step 1: Open the Settings page and choose Network.
Press Enter to continue or Escape to cancel.
On Monday we ship version {num}; on Tuesday we rest.
The meeting is on {day}, {date}, at {time} in Room {num}.
Happy New Year and Merry Christmas to all!
How to Reset Your Password in Three Easy Steps
Frequently Asked Questions
Thank You For Your Order
Table of Contents
Error: File Not Found
Note: This feature is not available in the Free plan.
Your invoice {id} of {date} is overdue. Amount: {money}.
The API returns JSON; use the POST method.
HTTP, TCP and DNS are protocols.
I think that Python is easier than Java.
What is the IBAN of this account: {iban}?
My credit card number is {card} and the CVV is 123.
My phone number is {phone}, call me after {time}.
My email is {email}. Please write.
Send it to {email} or call {phone}.
The server at {ip} is down.
Look at {url} for details.
Order {id} was shipped on {date}.
Your one-time code is {code}.
He is {age} years old and lives alone.
Bitcoin fell and Gold rose.
She speaks English, German and French.
The Bible and the Koran are old books.
Christmas falls on a {day} this year.
Dear Sir or Madam,
To Whom It May Concern
Good Morning! How are you?
Hello World
Hi there, I have a question about my order.
Dear Customer, your parcel will arrive on {day}.
Dear Hiring Manager, I apply for the position of Senior Software Engineer.
Thanks a lot! Have a nice day.
Oh My God that was AMAZING!!!
LOL I can't believe it. OMG.
I WANT MY MONEY BACK NOW
PLEASE STOP SENDING ME EMAILS
BREAKING NEWS: Earthquake
The Internet of Things and Artificial Intelligence are Buzzwords.
Chapter {num}: The Beginning
Figure 1 shows the results. Table 2 lists the values.
Monday, Tuesday, Wednesday, Thursday, Friday
January {num}, {year}
Q1 revenue grew by 3 %. EBITDA was flat.
Name, Address, Phone, Email, City, Country
First Name:\nLast Name:\nAddress:\nCity:\nState:\nZip Code:
Product: Wireless Mouse\nPrice: {money}\nQuantity: 2
Total: {money}\nVAT: {money}\nDue: {date}
Subject: Your Order Has Shipped
Subject: Re: Meeting on {day}
From: {email}\nTo: {email}\nDate: {date}
Ref: {id}\nDate: {date}
Warning: Do Not Open This Door
Made with Love
Head of Sales, Vice President, Chief Executive Officer, Engineer
The Chairman and the Secretary were present.
Mother and Father are well. Grandma says hello.
Doctor, I have a headache. Nurse, please help.
Mr. and Mrs. are titles.
The patient was given Ibuprofen and Paracetamol.
Diagnosis: Type 2 Diabetes. Treatment: Metformin 500 mg.
The MRI showed no Fracture.
The Treaty, the Constitution and the Act of {year}
Section 3, Paragraph 2, Article {num}
The Moon orbits the Earth; Mars is red.
Spring, Summer, Autumn and Winter
The Second World War ended in {year}.
War and Peace is a long book.
New features: Dark Mode, Faster Search, Export to PDF.
Click Here to Unsubscribe
Sign In or Create an Account
Add to Cart. Buy Now. Free Shipping.
I can't log in. Chrome says the page is not secure.
My iPhone and my MacBook don't sync. Windows works.
Is Netflix down? YouTube works.
The Excel file and the Word document are on SharePoint.
Run npm install, then cargo build.
Linux, Windows and macOS are supported.
SELECT Name FROM Users WHERE Id = {num}
Warning: Unused variable in Main.java
Exception in thread Main: NullPointerException
Build Failed. See Log.
TODO: Fix This
# Getting Started\n\n## Installation
README License Contributing Changelog
The Rust compiler rejects it.
In this paper, we present a New Method. Results are Good.
Keywords: Privacy, Security, Data Protection
Abstract. Introduction. Conclusion. References.
Yes. No. Maybe. Sure. Okay. Great. Perfect. Awesome.
What? Why? How? When? Where? Who?
Sorry, I was asleep. Never mind.
He said: "Nobody knows." She replied: "Indeed."
However, this is not so. Moreover, it rains. Therefore, we wait.
If not, call us. Unless told otherwise, do nothing.
All Rights Reserved.
Page {num} of {num}
Confidential - Internal Use Only
Agenda: 1. Welcome 2. Minutes 3. Any Other Business
Vacation Policy, Sick Leave, Parental Leave
Senior Developer, Junior Developer, Team Lead, Product Manager
The Customer shall pay the Supplier within {num} days.
The Buyer, the Seller and the Agent agree as follows.
The Company may terminate this Agreement. The Employee shall return the Equipment.
Can you raise my credit limit? My card ends in {num}.
How do I order a new debit card?
I forgot my PIN. What now?
My driver licence number is {id}.
My SSN is {code}.
What's my balance?
I'd like to open a Savings Account.
I want to pay my Visa bill and close my Mastercard.
She won Gold and Silver at the Games.
Go Team!
Thanksgiving, Easter, Ramadan, Diwali and Hanukkah are holidays.
A Democrat and a Republican walk into a bar.
The German car and the Japanese bike
Italian food, Chinese tea, Indian spices
Most Americans, Canadians and Mexicans agree.
