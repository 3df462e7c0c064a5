import type { CharacterSummary } from '@convive/protocol/characters'
import { Link, useNavigate } from '@tanstack/react-router'
import { MessageCircle, Pencil, Plus } from 'lucide-react'
import { useState } from 'react'
import { openDm } from '../../connection/discord.ts'
import { avatarUrl } from '../../connection/media.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { AddToGuildDialog } from './add-to-guild-dialog.tsx'

/** A character on the shelf: talk, add to a guild, and edit if it is one's own. */
export function CharacterCard({ character, own }: { character: CharacterSummary; own: boolean }) {
  const t = useT()
  const talk = useTalk(character.id)
  const [adding, setAdding] = useState(false)
  return (
    <li className="flex flex-col gap-3 rounded-2xl border border-line bg-raised p-4">
      <div className="flex items-start gap-3">
        <Avatar id={character.id} name={character.name} src={avatarUrl(character)} size={52} />
        <div className="min-w-0 flex-1">
          <h3 className="truncate font-semibold">{character.name}</h3>
          <p className="line-clamp-2 text-sm text-muted">{character.tagline || t('characters.noTagline')}</p>
        </div>
        {own && (
          <Link
            to="/characters/$characterId"
            params={{ characterId: character.id }}
            aria-label={t('characters.edit', { name: character.name })}
            className="inline-flex size-9 items-center justify-center rounded-md text-muted hover:bg-active hover:text-text"
          >
            <Pencil size={17} aria-hidden />
          </Link>
        )}
      </div>
      <div className="mt-auto flex items-center gap-2">
        <Button small variant="primary" onClick={talk}>
          <MessageCircle size={16} aria-hidden /> {t('characters.talk')}
        </Button>
        <IconButton label={t('characters.addTo', { name: character.name })} onClick={() => setAdding(true)}>
          <Plus size={18} />
        </IconButton>
        {own && (
          <span className="ml-auto text-[12px] text-muted">{t(`visibility.${character.visibility}`)}</span>
        )}
      </div>
      <AddToGuildDialog open={adding} onOpenChange={setAdding} character={character} />
    </li>
  )
}

/** Opens the DM with a character. */
export function useTalk(characterId: string): () => void {
  const navigate = useNavigate()
  return () =>
    void attempt(async () => {
      const channel = await openDm(characterId)
      await navigate({ to: '/channels/@me/$channelId', params: { channelId: channel.id } })
    })
}
