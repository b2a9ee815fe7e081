/** What dialogs that ask the hub for something say, whatever it is about. */
export const askEn = {
  locked: 'You may look at this, not change it. An owner of the organization can grant it; it is called',
  name: 'Name',
  'remove.type': 'Type {name} to confirm',
} as const
