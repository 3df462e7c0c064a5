import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Navigate, useNavigate, useSearch } from '@tanstack/react-router'
import { Crown } from 'lucide-react'
import { useState } from 'react'
import { getInstance, signUp } from '../../connection/convive.ts'
import { ApiFailure } from '../../connection/rest.ts'
import { beginSession } from '../../connection/session.ts'
import { currentToken } from '../../connection/token.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { type Translate, useT } from '../../i18n/i18n.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { AccountFrame } from './account-frame.tsx'

interface Failures {
  username?: string | undefined
  email?: string | undefined
  password?: string | undefined
  form?: string | undefined
}

/** Making an account. The first one owns the instance, and is told so. */
export function SignUpPage() {
  const t = useT()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { next } = useSearch({ from: '/sign-up' })
  const instance = useQuery({ queryKey: ['instance'], queryFn: getInstance })
  const [failures, setFailures] = useState<Failures>({})
  const [busy, setBusy] = useState(false)

  if (currentToken()) return <Navigate to="/channels/@me" />

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const displayName = String(form.get('display_name')).trim()
    setBusy(true)
    setFailures({})
    try {
      const { token } = await signUp({
        username: String(form.get('username')).trim().toLowerCase(),
        email: String(form.get('email')).trim(),
        password: String(form.get('password')),
        ...(displayName && { global_name: displayName }),
      })
      beginSession(token)
      void queries.invalidateQueries({ queryKey: ['instance'] })
      await navigate({ href: next ?? '/channels/@me' })
    } catch (error) {
      setFailures(sortFailures(error, t))
    } finally {
      setBusy(false)
    }
  }

  const closed = instance.data?.registration_open === false && !instance.data.needs_owner
  return (
    <AccountFrame title={t('signUp.title')} text={closed ? t('signUp.closed') : undefined}>
      {instance.data?.needs_owner && (
        <p className="mt-4 flex gap-3 rounded-xl bg-accent-soft p-3.5 text-sm">
          <Crown size={18} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
          {t('signUp.owner')}
        </p>
      )}
      {!closed && (
        <form onSubmit={(event) => void submit(event)} className="mt-5 flex flex-col gap-4">
          <TextField
            label={t('signUp.username')}
            hint={t('signUp.usernameHint')}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            required
            minLength={2}
            maxLength={32}
            error={failures.username}
          />
          <TextField
            label={t('signUp.displayName')}
            hint={t('signUp.displayNameHint')}
            name="display_name"
            autoComplete="nickname"
            maxLength={32}
          />
          <TextField
            label={t('signUp.email')}
            name="email"
            type="email"
            autoComplete="email"
            required
            error={failures.email}
          />
          <TextField
            label={t('account.password')}
            hint={t('signUp.passwordHint')}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={8}
            maxLength={128}
            error={failures.password}
          />
          {failures.form && (
            <p role="alert" className="text-sm text-danger">
              {failures.form}
            </p>
          )}
          <Button type="submit" variant="primary" busy={busy}>
            {t('signUp.submit')}
          </Button>
        </form>
      )}
      {!instance.data?.needs_owner && (
        <p className="mt-5 text-sm text-muted">
          {t('signUp.haveAccount')}{' '}
          <Link
            to="/sign-in"
            search={next ? { next } : {}}
            className="text-accent-text underline underline-offset-2"
          >
            {t('signUp.toSignIn')}
          </Link>
        </p>
      )}
    </AccountFrame>
  )
}

const USERNAME_TAKEN = 900_003
const EMAIL_TAKEN = 900_004

function sortFailures(error: unknown, t: Translate): Failures {
  const text = failureText(error)
  if (!(error instanceof ApiFailure)) return { form: text }
  if (error.code === USERNAME_TAKEN) return { username: text }
  if (error.code === EMAIL_TAKEN) return { email: text }
  const { username, email, password } = error.fields
  if (!username && !email && !password) return { form: text }
  return {
    username: username && t('signUp.usernameWrong'),
    email: email && t('signUp.emailWrong'),
    password: password && t('signUp.passwordHint'),
  }
}
