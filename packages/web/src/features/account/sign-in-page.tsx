import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { getInstance, signIn } from '../../connection/convive.ts'
import { beginSession } from '../../connection/session.ts'
import { currentToken } from '../../connection/token.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { AccountFrame } from './account-frame.tsx'

/** Signing in by name or e-mail address. On a new instance it leads to the first account instead. */
export function SignInPage() {
  const t = useT()
  const navigate = useNavigate()
  const { next } = useSearch({ from: '/sign-in' })
  const instance = useQuery({ queryKey: ['instance'], queryFn: getInstance })
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)

  if (currentToken()) return <Navigate to="/channels/@me" />
  if (instance.data?.needs_owner) return <Navigate to="/sign-up" search={next ? { next } : {}} />

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setFailure(undefined)
    try {
      const { token } = await signIn({
        login: String(form.get('login')),
        password: String(form.get('password')),
      })
      beginSession(token)
      await navigate({ href: next ?? '/channels/@me' })
    } catch (error) {
      setFailure(failureText(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <AccountFrame
      title={t('signIn.title')}
      text={instance.data ? t('signIn.text', { name: instance.data.name }) : undefined}
    >
      <form onSubmit={(event) => void submit(event)} className="mt-6 flex flex-col gap-4">
        <TextField
          label={t('signIn.login')}
          name="login"
          autoComplete="username"
          autoCapitalize="none"
          required
        />
        <TextField
          label={t('account.password')}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={failure}
        />
        <Button type="submit" variant="primary" busy={busy}>
          {t('signIn.submit')}
        </Button>
      </form>
      {instance.data?.registration_open !== false && (
        <p className="mt-5 text-sm text-muted">
          {t('signIn.noAccount')}{' '}
          <Link
            to="/sign-up"
            search={next ? { next } : {}}
            className="text-accent-text underline underline-offset-2"
          >
            {t('signIn.toSignUp')}
          </Link>
        </p>
      )}
    </AccountFrame>
  )
}
