export interface EmojiEntry {
  emoji: string
  /** English, then Chinese. */
  words: string[]
}

export interface EmojiGroup {
  key: 'smileys' | 'gestures' | 'nature' | 'food' | 'things' | 'symbols'
  emoji: EmojiEntry[]
}

// One a line would be 170 lines: `emoji english words 中文 词` between bars.
const smileys =
  '😀 grin smile 笑 开心|😄 happy laugh 大笑|😂 joy tears laugh 笑哭|🤣 rofl 笑翻|😊 blush smile 微笑 害羞|🙂 slight smile 微笑|😉 wink 眨眼|😍 heart eyes love 喜欢 爱|🥰 adore love 喜爱|😘 kiss 亲亲|😋 yum tasty 好吃|😎 cool sunglasses 酷|🤩 star struck wow 惊喜|🥳 party 庆祝 派对|😏 smirk 得意|🤔 think 思考 想|🤨 doubt eyebrow 怀疑|😐 neutral 无语|🙄 eye roll 白眼|😬 grimace 尴尬|😴 sleep 睡觉 困|🤤 drool 流口水|😷 mask sick 口罩|🤒 fever sick 生病|🤯 mind blown 震惊|😱 scream fear 害怕 尖叫|😳 flushed 脸红|🥺 plead please 拜托 可怜|😢 cry sad 哭 难过|😭 sob cry 大哭|😤 huff 哼|😡 angry 生气|🤬 curse angry 骂人|😅 sweat 汗 尴尬笑|😇 angel 天使|🤗 hug 拥抱|🤫 quiet shh 安静 嘘|🤐 zip 闭嘴|🫡 salute 敬礼 收到|🫠 melt 融化|🤡 clown 小丑|💀 skull dead 骷髅 笑死|👻 ghost 鬼|👽 alien 外星人|🤖 robot ai 机器人|💩 poop 便便|😺 cat smile 猫'
const gestures =
  '👍 thumbs up yes good 赞 好|👎 thumbs down no bad 踩|👌 ok 好的|✌️ victory peace 耶|🤞 fingers crossed luck 祈祷 好运|🤝 handshake deal 握手|👏 clap 鼓掌|🙌 hooray raise hands 万岁|🙏 thanks pray please 谢谢 拜托|💪 strong muscle 加油 强壮|👋 wave hello bye 你好 再见 挥手|🤙 call 打电话|👀 eyes look 看 眼睛|👉 point right 右边|👆 point up 上面|✍️ write 写|🫶 heart hands love 比心|🧠 brain 大脑|🙋 raise hand 举手|🤷 shrug 不知道 耸肩|🤦 facepalm 捂脸|💃 dance 跳舞|🏃 run 跑'
const nature =
  '🐶 dog 狗|🐱 cat 猫|🐭 mouse 老鼠|🐰 rabbit 兔子|🦊 fox 狐狸|🐻 bear 熊|🐼 panda 熊猫|🐯 tiger 老虎|🦁 lion 狮子|🐷 pig 猪|🐵 monkey 猴子|🐔 chicken 鸡|🐧 penguin 企鹅|🐦 bird 鸟|🦄 unicorn 独角兽|🐝 bee 蜜蜂|🦋 butterfly 蝴蝶|🐢 turtle 乌龟|🐉 dragon 龙|🐳 whale 鲸鱼|🌸 blossom flower 樱花 花|🌹 rose 玫瑰|🌻 sunflower 向日葵|🌲 tree 树|🍀 luck clover 四叶草 幸运|🌍 earth world 地球|🌙 moon 月亮|⭐ star 星星|☀️ sun 太阳|🌈 rainbow 彩虹|☁️ cloud 云|🌧️ rain 雨|❄️ snow 雪|🔥 fire hot 火|💧 drop water 水|⚡ lightning 闪电'
const food =
  '🍎 apple 苹果|🍌 banana 香蕉|🍉 watermelon 西瓜|🍓 strawberry 草莓|🍑 peach 桃|🍅 tomato 番茄|🌶️ chili 辣椒|🍞 bread 面包|🧀 cheese 奶酪|🍔 burger 汉堡|🍕 pizza 披萨|🍜 noodles 面条|🍚 rice 米饭|🍣 sushi 寿司|🥟 dumpling 饺子|🍲 hotpot 火锅|🍰 cake 蛋糕|🎂 birthday cake 生日蛋糕|🍫 chocolate 巧克力|🍿 popcorn 爆米花 吃瓜|☕ coffee 咖啡|🍵 tea 茶|🧋 bubble tea 奶茶|🍺 beer 啤酒|🥂 cheers 干杯|🥢 chopsticks 筷子'
const things =
  '🎉 party tada 庆祝|🎁 gift 礼物|🎈 balloon 气球|🏆 trophy win 奖杯|🥇 gold first 金牌|⚽ football soccer 足球|🏀 basketball 篮球|🎮 game 游戏|🎲 dice 骰子|🎵 music 音乐|🎨 art 画|📷 camera photo 相机|🎬 film 电影|📚 books 书|📖 read book 阅读|✏️ pencil 铅笔|📌 pin 图钉|📎 clip 回形针|💡 idea light 主意 灯|🔍 search 搜索|🔒 lock 锁|🔑 key 钥匙|🛠️ tools 工具|💻 laptop 电脑|📱 phone 手机|⏰ clock alarm 闹钟|💰 money 钱|🧧 red envelope 红包|🚀 rocket 火箭|🚗 car 汽车|✈️ plane 飞机|🏠 home 家|🏖️ beach 海滩'
const symbols =
  '❤️ heart love 爱心|🧡 orange heart 橙心|💛 yellow heart 黄心|💚 green heart 绿心|💙 blue heart 蓝心|💜 purple heart 紫心|🖤 black heart 黑心|💔 broken heart 心碎|💯 hundred 满分|✅ check done yes 完成 对|❌ cross no 错|❓ question 问号|❗ exclamation 感叹号|⚠️ warning 警告|💬 speech 说话|💭 thought 想法|💤 zzz sleep 睡|✨ sparkles 闪亮|💥 boom 爆炸|➕ plus 加一|🆗 ok 好|🔴 red 红|🟢 green 绿|🔵 blue 蓝'

function parse(key: EmojiGroup['key'], text: string): EmojiGroup {
  const emoji = text.split('|').map((entry) => {
    const [character = '', ...words] = entry.split(' ')
    return { emoji: character, words }
  })
  return { key, emoji }
}

/** The set that comes with the client, by group. */
export const EMOJI_GROUPS: EmojiGroup[] = [
  parse('smileys', smileys),
  parse('gestures', gestures),
  parse('nature', nature),
  parse('food', food),
  parse('things', things),
  parse('symbols', symbols),
]

/** Emoji whose words begin with the query, then those that only hold it. */
export function findEmoji(query: string): EmojiEntry[] {
  const words = query.trim().toLowerCase()
  const all = EMOJI_GROUPS.flatMap((group) => group.emoji)
  const begins = all.filter((entry) => entry.words.some((word) => word.startsWith(words)))
  const holds = all.filter(
    (entry) => !begins.includes(entry) && (entry.emoji === words || entry.words.join(' ').includes(words)),
  )
  return [...begins, ...holds]
}
