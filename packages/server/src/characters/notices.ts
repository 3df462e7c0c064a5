import type { MessageExtras } from '@convive/protocol/events'
import type { App } from '../context.ts'
import type { Turn } from './turns.ts'

type Failure = NonNullable<MessageExtras['notice']>['failure']

/** What clients that know nothing of notices show. Our page words it by itself and offers to try again. */
const TEXTS: Record<'en' | 'zh', Record<Failure, string>> = {
  en: {
    RateLimited: 'the model asks to be called less often; try again in a moment',
    Unreachable: 'the model cannot be reached',
    BadKey: 'the key for the model is not accepted',
    UnknownModel: 'the model is not there any more',
    TimedOut: 'the model took too long',
    Stopped: 'it was stopped',
    Refused: 'the model refused to answer',
    Failed: 'something went wrong',
  },
  zh: {
    RateLimited: '模型请求过于频繁，请稍后再试',
    Unreachable: '无法连接模型',
    BadKey: '模型的密钥无效',
    UnknownModel: '该模型已不存在',
    TimedOut: '模型响应超时',
    Stopped: '已停止',
    Refused: '模型拒绝回答',
    Failed: '出了点问题',
  },
}

/** The notice in words, in the language of the room. */
export async function noticeText(app: App, turn: Turn, extras: MessageExtras): Promise<string> {
  const guildId = await app.guilds.findHome(turn.channel_id)
  const guild = guildId ? await app.guilds.find(guildId) : null
  const failure = extras.notice?.failure ?? 'Failed'
  const chinese = guild?.row.preferredLocale.startsWith('zh') ?? false
  return chinese ? `⚠️ 没有回答：${TEXTS.zh[failure]}。` : `⚠️ No answer: ${TEXTS.en[failure]}.`
}
