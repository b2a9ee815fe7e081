import type { Api } from '@fairlead/protocol/api.ts'
import type { Contract } from '@fairlead/protocol/contract.ts'
import { agentFeatures } from '@fairlead/protocol/features/agent.ts'
import type { AnyHandlers } from './serve.ts'

/**
 * Only what a contract names leaves the hub, whichever way it is asked. What an agent answered was stripped when it came in,
 * by the very same schema.
 */
export function stripAnswers(features: Readonly<Record<string, Api>>, handlers: AnyHandlers): AnyHandlers {
  const strip = (feature: string, name: string, handler: (input: never, context: never) => unknown) => {
    const endpoint = features[feature]?.[name]
    if (endpoint?.kind !== 'call') return handler
    const ofAgent = (agentFeatures as Readonly<Record<string, Contract>>)[feature]?.[name]
    if (ofAgent?.kind === 'call' && ofAgent.output === endpoint.output) return handler
    return async (input: never, context: never) => endpoint.output.parse(await handler(input, context))
  }
  return Object.fromEntries(
    Object.entries(handlers).map(([feature, own]) => [
      feature,
      Object.fromEntries(Object.entries(own).map(([name, handler]) => [name, strip(feature, name, handler)])),
    ]),
  )
}
