@ locales=en_US,en_GB,en_AU,en_CA,en_IE,en_NZ,en_IN,census guests=de_DE,fr_FR,es_ES,es_MX,it_IT,nl_NL,pl_PL,sv_SE,da_DK,no_NO,fi_FI,cs_CZ,hu_HU,pt_BR,pt_PT,ro_RO,hr_HR,sl_SI,tr_TR,is_IS,en_NG,en_KE,en_PK,vi_VN,id_ID,de_AT,de_CH,fr_CH,nl_BE,ga_IE,zu_ZA,lt_LT,lv_LV,et_EE,sk_SK script=latin weight=14
{verb} {first} if the pump stops again.
{verb} {person} before noon.
{verb} {first} and {first} about the outage.
{verb} {title} {last} when the results are in.
{verb} {first} on {phone}, please.
{verb} {first} as soon as you can.
{verb} the team, not {first}.
{verb} {first}
{verb} {last} today.
{verb} the caretaker of {street}.
Please {verb} {first} too.
Please do not {verb} {person} at night.
If nobody answers, {verb} {first}.\n{verb} {first} as well.
1. {verb} {first}\n2. {verb} {person}\n3. {verb} {org}
- {verb} {person}\n- {verb} {first}
{verb} everybody in {city}.
{country} was lovely in {month}.
{country} is too far away for a weekend.
{country} won again last night.
Nobody knows whether {country} has signed.
I hope that {country} does better next year.
Is {country} part of the agreement?
Why is {country} so cheap?
They settled here from {country} years ago.
We came over from {place} in {year}.
My parents are from {country}, and so is my wife.
Back home in {country} nobody does that.
Founded in {city}, the firm now has offices in {country}.
A studio based in {city} drew the plans.
We opened our first branch in {city}, {year}.
Ten years in {city}, and still no rain.
A small town called {city} paid for it.
The bridge of {city} is closed for repairs.
The port of {city} was rebuilt after the storm.
He spent his childhood in {city} and left at {age}.
A woman of {age} who was raised in {city}.
I will be in {city} on business until {day}.
Are you still in {city}?
The mayor of her home town {city} sent flowers.
{org} in {city} {code} is looking for drivers.
Our works in {city} {code} closed in {year}.
Position: welder, {city} {code}
{city} {code}
{code} {city}
{country} {code}
{country}, {code}
{city}\n{country}
{city}, {code}, {country}
{first} lives at {address}
{first} lives at {street}, {city}
She has a flat at {street} in {city}.
He stays at {address} for now.
{first} has moved to {street}, {city}, {country}.
Where do I change my address? It is {address} now.
Bill this card to {address}, please.
Both of my addresses: {address}, and {address}.
Address:\n{address}
address: {address}
Mailing address:\n\n{address}\n
{person}\n\n{address}
{person}\n{address}\nMobile: {phone}\nFax: {phone}
{person}\n{org}\n{address}\n{email}
Name:\n{person}\n\nAddress:\n{address}.\n
> {person}\n> {org}\n> {address}
>{person}\n>{address}
> Deliver to {address}.
> {first} wrote that {person} will come.
> I met {person} in {city}.
The bakery stands at {corner}.
We are at {corner}.
It happened at {corner}, about {time}.
The tram stops at {corner}.
Meet me at {corner} at {time}.
The office of {org} is at {address}.
{org} has its seat at {address}.
The {org} branch is at {street}.
The clinic is located at {street}, {city}.
The restaurant at {street} serves soup.
Lunch on {day} at {org}, {street}, {city}.
{org}, {street}, {city} {code}
{org} lent money to {org} in {year}.
In {year}, {org} put {money} into {org}.
During {year}, {org} opened twelve shops.
{org} is a charity in {city}.
{org} is a law firm based in {city}.
{org} is a maker of pumps.
{org} was founded by {person} and {person}.
My manager at {org} is {person}.
{person} has worked for {org} since {year}.
Please consider me for the post at {org} in {city}.
To support {org} in its work I offer my time.
I have an account with {org}; can I join it online?
Who runs {org}?
The story of {org} began in {city}.
A spokeswoman of {org} said nothing.
{person} is at {age} the oldest nurse of {org}.
The band played in {city}, {city} and {city}: {last}, {last} and {last}.
{last} and {last} played the old songs; {first} sang.
{person}'s new record came out in {year}.
{first}: I heard it on {org}.
{title} {last} is {age} and grew up in {city}.
{title} {person}\n{address}
{title} {person} {address}
Write to {title} {person}, {address}.
@ weight=8 script=latin locales=en_US
Thank you for doing it.\n\nMeanwhile, prices kept rising.\n\nFrankly, nobody was ready.
We tried twice.\n\nHowever, the valve stayed shut.\n\nFinally we gave up.
Look here.\n\nFolks, this matters.\n\nRemember what was said.
It works.\n\nInstead of waiting, press Start.\n\nOtherwise nothing happens.
Not yet.\n\nTomorrow is another day.\n\nTonight we rest.
Thanks!\n\nIndeed it was late.\n\nAlready the lamps were lit.
> Please answer below.\n> Nobody did.\n>\n> Why not?
> Thanks for the figures.\n> They look right.\n\nAgreed.
> On Monday we meet.\n> Bring the plans.
Agenda:\n\nOpening\n\nBudget\n\nAny Other Business
Contents\n\nIntroduction\n\nMethods\n\nResults\n\nDiscussion
Overview\n\nGetting Started\n\nRequirements\n\nInstallation
1. Introduction\n2. Related Work\n3. Method\n4. Results
Dear customer,\n\nYour order has been sent.\n\nKind regards,\n\nYour Support Team
Summary\n\nRevenue grew by 4 %.\n\nOutlook\n\nCosts will fall.
Ingredients\n\n200 g Flour\n3 Eggs\n1 Pinch of Salt
Chapter 3\n\nEarly the next morning the rain stopped.
Question: Why?\nAnswer: Because.
Tonight, America waits for nobody.
First, open the door. Second, close it. Third, wait.
In 2019, 240 people came. In 2020, 31 did.
Version 3 replaces Version 2. Version 4 is planned.
Figure 2 shows the Mean and Table 4 the Median.
Section 12, Paragraph 3 applies.
Room 12 and Room 14 are free. Floor 3 is closed.
Number 10 is blue, Number 11 is red.
Apollo 11, Boeing 747, Windows 95 and Catch 22 are famous numbers.
The song "Purple River Blues" is on side B.
He played "Old Iron Train" and "Seven Tall Ships".
The novel Winter Roads sold well; the film Long Shadow did not.
Elves, Dwarves and Giants fight Dragons.
Error: Connection Refused. Please Try Again Later.
Click Save As and then Export to PDF.
The Annual General Meeting elects the Board.
Senior Software Engineer (Full Time)
Head of Sales\nMarketing Manager\nAssistant Director
