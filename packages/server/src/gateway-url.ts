import type { Config } from './config.ts'

/** Where sockets are opened. Without a query of its own: clients append theirs. */
export const GATEWAY_PATH = '/gateway'

/** The address that clients are told, from the public URL or else from the address that they themselves used. */
export function gatewayUrl(config: Config, hostHeader: string | undefined): string {
  if (config.http.publicUrl) return config.http.publicUrl.replace(/^http/, 'ws') + GATEWAY_PATH
  const host =
    hostHeader && /^[\w.:[\]-]{1,255}$/.test(hostHeader) ? hostHeader : `localhost:${config.http.port}`
  return `ws://${host}${GATEWAY_PATH}`
}
