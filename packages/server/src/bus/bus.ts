/** Who is told of an event. Gateways hold it against the permissions they know, session by session. */
export type Audience =
  /** Every session of the guild's members that may see `channelId`, if given, and has `permission`, if given. */
  | { guildId: string; channelId?: string; permission?: bigint }
  | { userIds: readonly string[] }
  | { everyone: true }

/** Something that happened, after its transaction has been committed; or, if it was never written, as it happens. */
export interface BusEvent {
  /** Tells a repeated delivery from a new event. */
  id: string
  /** Name of the gateway dispatch; lower case for what concerns only the nodes. */
  type: string
  audience: Audience
  /** `d` of the dispatch. */
  data: object
  /** The guild's version that the event was checked against, or, for a change of the guild, the one it made. */
  version?: string
  /** The event made `version`: it changes who may see or do what. */
  change?: boolean
}

export type BusHandler = (event: BusEvent) => void

export interface Bus {
  /** Whether other nodes listen, so that an event must survive this one: then it is written to the outbox. */
  readonly shared: boolean
  publish(event: BusEvent): void
  /** Hears all events of a subject until disposed: `guild.<id>`, `user.<id>` or `all`. Resolves once nothing is missed. */
  subscribe(subject: string, handler: BusHandler): Promise<Disposable>
  /** Tells when events may have been missed: caches are void, and so is what clients were told. */
  onGap(handler: () => void): Disposable
  /** Says that events were missed here, or may have been: something is written, and nobody knows whether it was told. */
  gap(): void
  /** Resolves once what was published so far is on its way. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Subjects that an audience is published on. */
export function subjectsOf(audience: Audience): string[] {
  if ('guildId' in audience) return [`guild.${audience.guildId}`]
  if ('userIds' in audience) return audience.userIds.map((id) => `user.${id}`)
  return ['all']
}
