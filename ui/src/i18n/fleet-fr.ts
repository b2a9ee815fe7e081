import type { fleetEn } from './fleet-en.ts'

/** What a row of the fleet says of itself, in words: states, ages, fields. */
export const fleetFr: Readonly<Record<keyof typeof fleetEn, string>> = {
  'status.running': 'en marche',
  'status.exited': 'terminé',
  'status.created': 'créé',
  'status.paused': 'suspendu',
  'status.restarting': 'redémarre',
  'status.removing': 'en suppression',
  'status.dead': 'mort',
  'health.healthy': 'sain',
  'health.unhealthy': 'en mauvaise santé',
  'health.starting': 'premier contrôle de santé',
  'since.title': 'Depuis',
  'since.up': 'depuis {age}',
  'since.ended': 'il y a {age}',
  'since.never': 'jamais démarré',
  'since.exit': 'code de sortie {code}',
  'since.again': 'code de sortie {code}, il y a {age} ; redémarre',
  'containers.exitCode': 'Code de sortie',
  'containers.health': 'Santé',
  'containers.service': 'Service',
}
