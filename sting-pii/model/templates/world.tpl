@ locales=zh_CN script=han weight=4
您好，我是{person}，请明天给我打电话。
我叫{person}，住在{address}。
尊敬的{person}女士：您的申请已收到。
尊敬的{person}先生，您好！
请把包裹寄到{address}，收件人{person}。
{person}于{date}出生在{city}。
{person}在{org}工作。
姓名：{person}\n地址：{address}\n电话：{phone}
患者{person}于{date}入院。
从{city}到{city}的航班晚点了。
{org}宣布将在{city}开设新工厂。
联系人：{person}，邮箱：{email}
我想查询一下我的订单，谢谢。
会议将于下午三点开始，请准时参加。
{person}和{person}昨天去了{city}。
据{person}介绍，价格有所上涨。
公司名称：{org}
请问怎么修改密码？
经理{person}表示，公司今年的销售额有所增长。
我们的地址是{address}。
这个产品的质量很好，我很满意。
@ locales=zh_TW script=han weight=2
您好，我是{person}，請明天打電話給我。
我叫{person}，住在{address}。
親愛的{person}小姐：您的申請已收到。
姓名：{person}\n地址：{address}
{person}在{org}工作。
{person}出生於{city}。
請問我的訂單什麼時候會到？謝謝。
會議將於下午三點開始。
@ locales=ja_JP script=han weight=3
{person}様\nお世話になっております。
はじめまして、{person}と申します。
私の名前は{person}です。{city}に住んでいます。
{last}さん、明日お電話をいただけますか。
お届け先：{address} {person} 様
氏名：{person}\n住所：{address}\n電話番号：{phone}
{person}は{org}で働いています。
{person}氏は{date}に{city}で生まれた。
患者の{last}さんは昨日入院しました。
{org}は{city}に新しい工場を開設する。
ご注文の商品は明日発送いたします。ありがとうございます。
会議は午後三時に始まります。
担当：{last}
{last}先生は木曜日にいらっしゃいます。
パスワードを忘れました。どうすればいいですか。
新しい住所は{address}です。
@ locales=ja_JP script=kana weight=1
来月{city}へ旅行します。
{city}から{city}まで飛行機で行く。
{city}支店の{last}です。
@ locales=ko_KR script=hangul weight=3
안녕하세요, 저는 {person}입니다.
{person} 님, 내일 전화 부탁드립니다.
제 이름은 {person}이고 {city}에 살고 있습니다.
이름: {person}\n주소: {address}\n전화: {phone}
{person} 씨는 {org}에서 일합니다.
{person}은 {date}에 {city}에서 태어났다.
택배를 {address}로 보내 주세요. 받는 사람: {person}
환자 {person}는 어제 입원했습니다.
{org}는 {city}에 새 공장을 연다.
주문에 대해 질문이 있습니다. 감사합니다.
회의는 오후 세 시에 시작합니다.
비밀번호를 잊어버렸어요.
담당자 {person}에게 연락하세요.
@ locales=ar_SA script=arabic weight=3
مرحبا {first}، هل يمكنك الاتصال بي غدا؟
السيد {person} المحترم، لقد استلمنا طلبك.
اسمي {person} وأسكن في {city}.
الاسم: {person}\nالهاتف: {phone}
ولد {person} في {city} عام {year}.
يعمل {person} في شركة {org}.
المريض {person} دخل المستشفى أمس.
الدكتور {last} غير موجود اليوم.
سافرنا من {city} إلى {city}.
لدي سؤال حول طلبي. شكرا جزيلا.
يبدأ الاجتماع في الساعة الثالثة بعد الظهر.
مع أطيب التحيات\n{person}
قال {person} إن الأسعار ارتفعت.
@ locales=fa_IR script=arabic weight=2
سلام {first}، لطفا فردا با من تماس بگیرید.
نام من {person} است و در {city} زندگی می‌کنم.
آقای {person} در شرکت {org} کار می‌کند.
نام: {person}\nتلفن: {phone}
{person} در {city} به دنیا آمد.
درباره سفارشم سوال دارم. متشکرم.
جلسه ساعت سه بعد از ظهر شروع می‌شود.
خانم دکتر {last} امروز نیست.
@ locales=he_IL script=hebrew weight=2
שלום {first}, אפשר להתקשר אליי מחר?
שמי {person} ואני גר ב{city}.
שם: {person}\nכתובת: {address}\nטלפון: {phone}
מר {person} עובד בחברת {org}.
{person} נולד בעיר {city}.
בברכה,\n{person}
יש לי שאלה לגבי ההזמנה שלי. תודה רבה.
הפגישה מתחילה בשעה שלוש.
ד"ר {last} לא נמצאת היום.
הכתובת שלי היא {address}.
@ locales=hi_IN script=devanagari weight=2
नमस्ते {first}, क्या आप कल मुझे फोन कर सकते हैं?
मेरा नाम {person} है और मैं {city} में रहता हूँ।
नाम: {person}\nफोन: {phone}
श्री {person} {org} में काम करते हैं।
{person} का जन्म {city} में हुआ था।
डॉ {last} आज नहीं हैं।
मुझे अपने ऑर्डर के बारे में एक सवाल है। धन्यवाद।
बैठक दोपहर तीन बजे शुरू होगी।
श्रीमती {last} कल {city} जाएंगी।
