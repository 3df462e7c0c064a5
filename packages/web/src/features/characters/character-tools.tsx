import type { Character } from '@convive/protocol/characters'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { MessageCircle, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { deleteCharacter } from '../../connection/convive.ts'
import { attempt } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/dialog.tsx'
import { AddToGuildDialog } from './add-to-guild-dialog.tsx'
import { useTalk } from './character-card.tsx'

/** What can be done with a saved character. */
export function CharacterTools({ character }: { character: Character }) {
  const t = useT()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const talk = useTalk(character.id)
  const [adding, setAdding] = useState(false)
  const [asking, setAsking] = useState(false)
  const remove = () =>
    attempt(async () => {
      await deleteCharacter(character.id)
      await navigate({ to: '/characters' })
      await queries.invalidateQueries({ queryKey: ['characters', 'list'] })
    })
  return (
    <>
      <Button small onClick={talk}>
        <MessageCircle size={16} aria-hidden /> {t('characters.talk')}
      </Button>
      <IconButton label={t('characters.addTo', { name: character.name })} onClick={() => setAdding(true)}>
        <Plus size={19} />
      </IconButton>
      <IconButton label={t('characters.delete', { name: character.name })} onClick={() => setAsking(true)}>
        <Trash2 size={18} />
      </IconButton>
      <AddToGuildDialog open={adding} onOpenChange={setAdding} character={character} />
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={t('characters.delete', { name: character.name })}
        description={t('characters.deleteText')}
        confirmLabel={t('common.delete')}
        cancelLabel={t('common.cancel')}
        onConfirm={remove}
      />
    </>
  )
}
