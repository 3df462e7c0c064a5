/** Fills a fresh instance for development, through the public API alone: people, rooms, characters, and some talk. */
import { ApiClient } from '../test/client.ts'

const PASSWORD = 'convive convive'
const PEOPLE = [
  { username: 'lin', global_name: '林夏' },
  { username: 'noor', global_name: 'Noor' },
  { username: 'tomas', global_name: 'Tomás' },
]
const CHARACTERS = [
  {
    name: 'Mira',
    tagline: 'Grows tomatoes, gives advice',
    description: 'Mira is a cheerful gardener. She answers in two or three short sentences.',
    greetings: ['Hello {{user}}! Mind the seedlings. What brings you to my garden?'],
    tags: ['garden', 'calm'],
    talkativeness: 0.6,
  },
  {
    name: '阿墨',
    tagline: '藏书阁里的书灵',
    description: '阿墨是一位住在藏书阁里的书灵，说话温和，喜欢引用诗句。',
    greetings: ['{{user}}，你来了。今天想读点什么？'],
    tags: ['书', '古风'],
    talkativeness: 0.4,
  },
]
const TALK = [
  'Good morning! 早上好！',
  'Who is up for a reading circle tonight?',
  '我来！几点开始？',
  'Seven. **Bring tea.** 🍵',
]

/** Seeds the instance at `url` unless somebody has signed up there. */
export async function seed(url: string): Promise<void> {
  const stranger = new ApiClient(url, null)
  const { needs_owner: empty } = (await stranger.get('/api/convive/v1/instance')).body
  if (!empty) return
  const people = []
  for (const person of PEOPLE) {
    const body = { ...person, email: `${person.username}@example.org`, password: PASSWORD }
    const { token } = (await stranger.post('/api/convive/v1/accounts/sign-up', body)).body
    people.push(new ApiClient(url, token))
  }
  const [owner, ...others] = people
  if (!owner) return
  const characters: string[] = []
  for (const definition of CHARACTERS) {
    characters.push(
      (await owner.post('/api/convive/v1/characters', { definition, visibility: 'public' })).body.id,
    )
  }
  for (const [name, channels] of Object.entries({
    'The long table': ['garden', 'reading'],
    同席茶馆: ['茶', '闲聊'],
  })) {
    const guild = (await owner.post('/guilds', { name })).body
    for (const channel of channels)
      await owner.post(`/guilds/${guild.id}/channels`, { name: channel, type: 0 })
    const list = (await owner.get(`/guilds/${guild.id}/channels`)).body as { id: string; type: number }[]
    const room = list.find((channel) => channel.type === 0)?.id
    const invite = (await owner.post(`/channels/${room}/invites`, {})).body
    for (const other of others) await other.post(`/invites/${invite.code}`)
    for (const [n, content] of TALK.entries())
      await people[n % people.length]?.post(`/channels/${room}/messages`, { content })
    for (const id of characters) await owner.put(`/api/convive/v1/guilds/${guild.id}/characters/${id}`)
  }
  console.log(`Seeded: sign in as ${PEOPLE.map((person) => person.username).join(', ')} with "${PASSWORD}"`)
}
