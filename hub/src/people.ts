import { hubFeatures } from '@fairlead/protocol/features/hub.ts'
import { serveAccounts } from './accounts/accounts.ts'
import { openApprovals } from './approvals/approvals.ts'
import type { Audits } from './base/audit.ts'
import type { Consoles } from './base/console.ts'
import type { Database } from './base/db.ts'
import type { HttpApi } from './base/http.ts'
import type { Log } from './base/log.ts'
import type { Outbound } from './base/outbound.ts'
import type { OpenSeal } from './base/seal.ts'
import { endpointsOf, type Places } from './base/serve.ts'
import { version } from './base/version.ts'
import type { Config } from './config.ts'
import { serveEnvironments } from './environments/environments.ts'
import { openFactors, type FactorsDeps } from './factors/factors.ts'
import { serveFactors } from './factors/own.ts'
import type { HostBook } from './hosts/book.ts'
import { createMoves } from './hosts/move.ts'
import { openIdentities } from './identities/identities.ts'
import { openLogins } from './logins/logins.ts'
import { openMail } from './mail/mail.ts'
import { removeOrganization, serveOrganizations, type RemovalDeps } from './organizations/organizations.ts'
import { openRoles } from './roles/roles.ts'
import { certificateReport, createLives, serveSettings, type Shown } from './settings/settings.ts'
import { serveScim } from './scim/scim.ts'
import { serveTeams } from './teams/teams.ts'
import { openTokens } from './tokens/tokens.ts'

export interface PeopleDeps {
  readonly log: Log
  readonly db: Database
  readonly audits: Audits
  readonly book: HostBook
  readonly places: Places
  readonly seal: OpenSeal
  readonly config: Config
  readonly outbound: Outbound
  readonly state: Ports
  readonly firstRunCode: string
  /** Where people reach this hub. */
  readonly address: () => string
  /** What ends with an organization beside its people. */
  readonly leave: Pick<RemovalDeps, 'endHosts' | 'settle' | 'fileDirs'>
}

/** Who there is, what each may do and where. */
export async function openPeople(deps: PeopleDeps) {
  const { db, seal, audits, book, places, log, config, outbound, state, firstRunCode, address, leave } = deps
  const mail = openMail({ db, log, settings: config.mail, address })
  const permissions = allPermissions()
  const roles = openRoles({ db, permissions, places })
  const { rightsOf } = roles
  const place = passkeyPlace(config.publicUrl, state)
  const isAdmin: FactorsDeps['isAdmin'] = async (who, known) => (known?.rights ?? (await rightsOf(who))).somewhere('accounts:manage')
  const factors = openFactors({ db, seal, place, isAdmin, tell: mail.tell })
  const tls = () => certificateReport(config, state.certificate())
  const logins = await openLogins({ db, audits, version, permissions, rightsOf, factors, lives: createLives(config), firstRunCode, tls })
  const tokens = openTokens({ db, permissions, notices: factors.notices, rightsOf })
  const origins = () => [...place.origins()]
  const identities = openIdentities({ db, seal, audits, roles, logins, outbound, log, tickets: factors.tickets, origins })
  const approvals = openApprovals({ db, endpoints: endpointsOf(hubFeatures), places, rightsOf })
  const removal: RemovalDeps = {
    ...leave,
    db,
    forgetKeys: seal.forget,
    endPeople: async (organization) => {
      await logins.endAll(organization)
      await tokens.endAll(organization)
    },
  }
  return {
    logins,
    mail,
    finish: identities.finish,
    who: { findCaller: logins.findCaller, findToken: tokens.findCaller },
    secondPerson: approvals.gate,
    judgeMove: createMoves({ places, grantedTags: roles.tags }),
    handlers: {
      approvals: approvals.handlers,
      accounts: serveAccounts({ db, audits, roles, logins, mail, address }),
      environments: serveEnvironments({ db, book }),
      factors: serveFactors({ db, factors, logins }),
      organizations: serveOrganizations({ db, logins, remove: (organization) => removeOrganization(removal, organization) }),
      settings: serveSettings({
        db,
        config,
        facts: { version, certificate: () => state.certificate(), ports: () => state },
        forgetLogins: logins.forget,
      }),
      scim: serveScim({ db, roles, logins, address }),
      teams: serveTeams({ db, roles }),
      ...handlersOf({ identities, logins, roles, tokens }),
    },
    async accountReset(organizations: readonly string[], account: string) {
      for (const organization of organizations) {
        await logins.endOf(organization, account)
        roles.changed(organization)
      }
      await factors.notices.note(account, 'reset', { ip: '', userAgent: '' })
    },
    /** What is open ends with the login, and with the right to it. */
    endWith(consoles: Consoles, api: HttpApi): void {
      const end = (login: string, renewed: boolean) => {
        consoles.end(login, renewed)
        api.endLogin(login, renewed)
      }
      // Whoever is told to come back needs the new cookie, which is on its way.
      logins.onEnd((login, renewed) => void (renewed ? setTimeout(end, 300, login, true).unref() : end(login, false)))
      tokens.onEnd((login) => api.endLogin(login))
      roles.onChange((organization) => {
        logins.forget(organization)
        tokens.forget(organization)
        consoles.judgeAgain(organization)
        api.judgeAgain(organization)
      })
    },
  }
}

export function handlersOf<F extends Record<string, { readonly handlers: object }>>(features: F) {
  return Object.fromEntries(Object.entries(features).map(([name, { handlers }]) => [name, handlers])) as {
    readonly [K in keyof F]: F[K]['handlers']
  }
}

export interface Ports {
  readonly httpPort: number
  readonly httpsPort: number
  /** The certificate that is shown, and what is known of the next one. */
  certificate(): Shown
}

/** Passkeys belong to the configured name of the hub; without one, to this machine's own. */
function passkeyPlace(publicUrl: string | undefined, state: Ports) {
  if (publicUrl !== undefined) return { host: new URL(publicUrl).hostname, origins: () => [new URL(publicUrl).origin] }
  return { host: 'localhost', origins: () => [`http://localhost:${state.httpPort}`, `https://localhost:${state.httpsPort}`] }
}

function allPermissions(): string[] {
  return [...new Set(Object.values(hubFeatures).flatMap((api) => Object.values(api).map(({ door }) => door.needs)))]
}

export type People = Awaited<ReturnType<typeof openPeople>>
