import type { askEn } from './ask-en.ts'

/** What dialogs that ask the hub for something say, whatever it is about. */
export const askFr: Readonly<Record<keyof typeof askEn, string>> = {
  locked: 'Vous pouvez consulter, pas modifier. Un propriétaire de l’organisation peut l’accorder ; le droit s’appelle',
  name: 'Nom',
  'remove.type': 'Tapez {name} pour confirmer',
}
