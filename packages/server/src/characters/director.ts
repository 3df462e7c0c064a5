import type { Casting, Director, SaidFacts } from '../messages/casting.ts'
import type { Database } from '../storage/database.ts'
import type { CastMember, CastRooms } from './cast.ts'

/** After so many messages in a row from characters and bots, characters are silent until a person speaks. */
const UNATTENDED_LIMIT = 6
/** Characters that one message may call up. */
const MOST_CALLED = 3
/** How far back the director looks for who spoke. */
const RECENT_MESSAGES = 6

/** What the director weighs where nobody is called by name. Chosen so that an even-tempered character answers a lone person, and lets people talk among themselves. */
const WEIGHT = {
  threshold: 0.5,
  spokeLast: 0.25,
  spokeRecently: 0.15,
  question: 0.15,
  alonePerson: 0.2,
  peopleTalking: -0.35,
  perUnattended: -0.15,
} as const

/** One who spoke before, the newest first. */
export interface Speaker {
  userId: string
  person: boolean
}

/** The director: decides within the sending of a message which characters answer it. */
export function createDirector(casts: CastRooms, db: Database): Director {
  return {
    async cast(access, facts) {
      const everybody = await casts.find(access)
      if (everybody.length === 0) return null
      const others = everybody.filter((member) => member.characterId !== facts.author.id)
      const pair = access.kind === 'private' && access.channel.recipientIds.length === 2
      return direct(others, facts, pair, () => recentSpeakers(db, access.channelId))
    },
  }
}

/** The decision itself, from facts. `recent` is asked for only where nobody is called. */
export async function direct(
  cast: readonly CastMember[],
  facts: SaidFacts,
  /** A conversation of two: then every message is for the other. */
  pair: boolean,
  recent: () => Promise<readonly Speaker[]>,
): Promise<Casting> {
  const byPerson = facts.author.kind === 'person'
  const casting = (members: readonly CastMember[]): Casting => ({
    byPerson,
    characterIds: members.slice(0, MOST_CALLED).map((member) => member.characterId),
    unattendedLimit: UNATTENDED_LIMIT,
  })
  const called = cast.filter((member) => isCalled(member, facts))
  if (called.length > 0) return casting(called)
  if (pair) return casting(cast)
  // Somebody else is spoken to: people, or another bot.
  if (facts.mentionedUserIds.length > 0 || (facts.repliedUserId && facts.repliedUserId !== facts.author.id))
    return casting([])
  const speakers = cast.length > 0 ? await recent() : []
  const ranked = cast
    .map((member) => ({ member, score: eagerness(member, facts, speakers) }))
    .filter(({ member, score }) => member.talkativeness > 0 && score >= WEIGHT.threshold)
    .sort((a, b) => b.score - a.score)
  return casting(ranked.slice(0, 1).map(({ member }) => member))
}

function isCalled(member: CastMember, facts: SaidFacts): boolean {
  if (facts.mentionedUserIds.includes(member.characterId) || facts.repliedUserId === member.characterId)
    return true
  return member.names.some((name) => isNamed(facts.content, name))
}

/** Whether a text names somebody. Latin names need word borders; in Chinese, Japanese and Korean there are none. */
export function isNamed(text: string, name: string): boolean {
  const wanted = name.normalize('NFKC').toLowerCase().trim()
  if ([...wanted].length < 2) return false
  const within = text.normalize('NFKC').toLowerCase()
  for (let at = within.indexOf(wanted); at >= 0; at = within.indexOf(wanted, at + 1)) {
    const before = within.slice(0, at)
    const after = within.slice(at + wanted.length)
    if (isBorder(before.at(-1), wanted[0]) && isBorder(after[0], wanted.at(-1))) return true
  }
  return false
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u
const WORD = /[\p{L}\p{N}_]/u

function isBorder(outside: string | undefined, edge: string | undefined): boolean {
  if (outside === undefined || edge === undefined || !WORD.test(outside)) return true
  return UNSPACED.test(edge) || UNSPACED.test(outside)
}

function eagerness(member: CastMember, facts: SaidFacts, speakers: readonly Speaker[]): number {
  const at = speakers.findIndex((speaker) => speaker.userId === member.characterId)
  const people = new Set(speakers.filter((speaker) => speaker.person).map((speaker) => speaker.userId))
  if (facts.author.kind === 'person') people.add(facts.author.id)
  let score = member.talkativeness
  if (at === 0) score += WEIGHT.spokeLast
  else if (at > 0) score += WEIGHT.spokeRecently
  if (/[?？]|[吗呢]\s*[。！!]?\s*$/u.test(facts.content)) score += WEIGHT.question
  if (people.size <= 1) score += WEIGHT.alonePerson
  else if (at < 0 || at > 1) score += WEIGHT.peopleTalking
  // The message at hand is one of them, if no person wrote it.
  if (facts.author.kind !== 'person') score += WEIGHT.perUnattended * (1 + leadingMachines(speakers))
  return score
}

function leadingMachines(speakers: readonly Speaker[]): number {
  const person = speakers.findIndex((speaker) => speaker.person)
  return person < 0 ? speakers.length : person
}

async function recentSpeakers(db: Database, channelId: string): Promise<Speaker[]> {
  const rows = await db
    .selectFrom('messages')
    .innerJoin('users', 'users.id', 'messages.author_id')
    .select(['messages.author_id', 'users.kind'])
    .where('channel_id', '=', channelId)
    .orderBy('messages.id', 'desc')
    .limit(RECENT_MESSAGES)
    .execute()
  return rows.map((row) => ({ userId: row.author_id, person: row.kind === 'person' }))
}
