import { Link, useNavigate, useParams, useRouter } from '@tanstack/react-router'
import { ArrowLeft, LogOut } from 'lucide-react'
import { useEffect } from 'react'
import { signOut } from '../../connection/convive.ts'
import { endSession } from '../../connection/session.ts'
import { type TextKey, useT } from '../../i18n/i18n.ts'
import { useStore } from '../../store/store.ts'
import { IconButton } from '../../ui/button.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { AccountSettings } from './account-settings.tsx'
import { AppearanceSettings } from './appearance-settings.tsx'
import { DeveloperSettings } from './developer-settings.tsx'
import { ModelSettings } from './model-settings.tsx'

const sections: { id: string; label: TextKey; page: () => React.ReactNode }[] = [
  { id: 'account', label: 'settings.account', page: AccountSettings },
  { id: 'appearance', label: 'settings.appearance', page: AppearanceSettings },
  { id: 'models', label: 'settings.models', page: ModelSettings },
  { id: 'developer', label: 'settings.developer', page: DeveloperSettings },
]

/** A person's settings, section by section. Esc goes back. */
export function SettingsPage() {
  const t = useT()
  const { section } = useParams({ from: '/app/settings/$section' })
  const ready = useStore((state) => state.ready)
  const leave = useLeave()
  const current = sections.find((candidate) => candidate.id === section) ?? sections[0]
  const Page = current?.page ?? AccountSettings
  if (!ready) {
    return (
      <main className="flex h-full items-center justify-center">
        <Spinner label={t('common.loading')} />
      </main>
    )
  }
  return (
    <div className="flex h-full flex-col sm:flex-row">
      <nav
        aria-label={t('settings.title')}
        className="flex shrink-0 gap-1 overflow-x-auto bg-side p-2 sm:w-64 sm:flex-col sm:p-4"
      >
        <IconButton label={t('settings.back')} onClick={leave}>
          <ArrowLeft size={19} />
        </IconButton>
        {sections.map(({ id, label }) => (
          <Link
            key={id}
            to="/settings/$section"
            params={{ section: id }}
            replace
            className="flex min-h-9 shrink-0 items-center rounded-lg px-3 hover:bg-hover"
            activeProps={{ className: 'bg-active font-medium' }}
          >
            {t(label)}
          </Link>
        ))}
        <button
          type="button"
          onClick={() =>
            void signOut()
              .catch(() => undefined)
              .then(endSession)
          }
          className="flex min-h-9 shrink-0 items-center gap-2 rounded-lg px-3 text-danger hover:bg-danger-soft sm:mt-4"
        >
          <LogOut size={17} aria-hidden /> {t('settings.signOut')}
        </button>
      </nav>
      <main className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto max-w-2xl px-5 py-8 sm:px-8">
          <h1 className="mb-6 text-2xl font-semibold">{current && t(current.label)}</h1>
          <Page />
        </div>
      </main>
    </div>
  )
}

function useLeave(): () => void {
  const navigate = useNavigate()
  const router = useRouter()
  const leave = () => {
    if (router.history.canGoBack()) router.history.back()
    else void navigate({ to: '/channels/@me' })
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key === 'Escape' &&
        !event.defaultPrevented &&
        !document.querySelector('[role="dialog"], [role="menu"]')
      )
        leave()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
  return leave
}
