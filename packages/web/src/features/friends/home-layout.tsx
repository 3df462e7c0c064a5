import { Outlet } from '@tanstack/react-router'
import { Shell } from '../shell/shell.tsx'
import { HomeSide } from './home-side.tsx'

/** Everything outside of guilds: friends, DMs, characters. */
export function HomeLayout() {
  return (
    <Shell side={<HomeSide />}>
      <Outlet />
    </Shell>
  )
}
