// The emoji to choose from, with words to find them by, and those used last. Pure.

export const usual = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];
const recentMax = 12;

const list = `
👍 thumbs up yes good|👎 thumbs down no bad|👏 clap applause bravo|🙌 hooray hands|🙏 thanks please pray|🤝 handshake deal|👋 wave hello bye|💪 strong muscle|👌 ok fine|✌️ victory peace|🤞 fingers crossed luck|👀 eyes look|
😀 grin happy|😄 laugh happy smile|😂 tears of joy laugh|🤣 rolling laugh|🙂 smile|😉 wink|😊 blush smile|😍 heart eyes love|🥰 hearts love|😘 kiss|😎 cool sunglasses|🤓 nerd|🤔 thinking hmm|🤨 doubt eyebrow|😐 neutral|🙄 eye roll|
😅 sweat relief|😇 angel innocent|🥳 party celebrate|😋 yum tasty|😜 tongue silly|🤗 hug|🤫 hush quiet|😴 sleep tired|😌 relieved|😬 grimace awkward|😮 surprised oh|😲 astonished wow|🤯 mind blown|😳 flushed|🥺 pleading|😢 sad tear|
😭 cry sob|😤 huff|😠 angry|🤬 swear|😱 scream fear|🤢 sick|🤒 ill fever|🫠 melting|🫡 salute yes|🤷 shrug dunno|🤦 facepalm|❤️ heart love red|🧡 orange heart|💛 yellow heart|💚 green heart|💙 blue heart|💜 purple heart|💔 broken heart|
🔥 fire hot|✨ sparkles new|⭐ star|🎉 tada party celebrate|🎂 cake birthday|🎁 gift present|🏆 trophy win|🥇 gold first|🚀 rocket ship launch|⚓ anchor harbour|⛵ sailboat|🌊 wave sea|🪢 knot rope|☀️ sun|🌧️ rain|🌈 rainbow|❄️ snow cold|🌱 seedling grow|
🌸 blossom flower|🐛 bug|🐱 cat|🐶 dog|🐟 fish|🦄 unicorn|☕ coffee tea|🍺 beer|🍕 pizza|🍎 apple|🍪 cookie|🥐 croissant breakfast|✅ check done yes|❌ cross no|⚠️ warning|❓ question|❗ exclamation|💡 idea light|📌 pin|📎 clip|📅 calendar date|
⏰ clock alarm|⏳ wait hourglass|🔒 lock secure|🔑 key|🔧 wrench fix|🧪 test|📈 chart up|📉 chart down|💻 computer laptop|📱 phone|📞 call|🎧 headphones music|🎵 note music|📷 camera photo|🏠 home|🚲 bicycle|🚆 train|✈️ plane flight|🏖️ holiday beach|💯 hundred
`;

/** [{emoji, words}] */
export const all = list
  .split('|')
  .map((entry) => entry.trim().split(' '))
  .map(([emoji, ...words]) => ({ emoji, words: words.join(' ') }));

/** Those of which some word begins with each word of the query; all for none. */
export function find(query) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ words }) => wanted.every((one) => words.split(' ').some((word) => word.startsWith(one))));
}

/** The list of those used last, with this one in front. */
export function used(recent, emoji) {
  return [emoji, ...recent.filter((one) => one !== emoji)].slice(0, recentMax);
}

/** What to call it, for those who hear it. */
export const nameOf = (emoji) => all.find((one) => one.emoji === emoji)?.words ?? emoji;
