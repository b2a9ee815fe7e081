// Compiled, never run: a method of which nobody said what it takes does not compile.
import * as z from 'zod/mini'
import { call } from '@fairlead/protocol/contract.ts'
import type { needs, Needs } from './needs.ts'

const files = { read: call(z.object({ path: z.string() }), z.object({})), list: call(z.object({}), z.object({})) }

export const whole: Needs<{ files: typeof files }> = { files: { read: { can: 'files.read' }, list: { can: 'files.read' } } }

// @ts-expect-error a method is missing
export const missing: Needs<{ files: typeof files }> = { files: { read: { can: 'files.read' } } }

type Files = Needs<{ files: typeof files }>['files']

// @ts-expect-error there is no such capability
export const unknown: Files['list'] = { can: 'files.all' }

// @ts-expect-error there is no such field to find a container by
export const field: Files['read'] = { can: 'files.read', container: 'id' }

// @ts-expect-error a feature is missing
export const feature: typeof needs = { ...whole }
