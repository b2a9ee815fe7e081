/** What the console says of backups, and of a hub that waits to be confirmed. It comes with the settings and with a mark in the frame. */
export const backupEn = {
  title: 'Backups',
  what: 'All of this hub in one sealed file: what is on hosts stays there and needs none.',
  error: 'How the backups are could not be loaded.',
  state: 'State',
  'state.none': 'there is none',
  'state.first': 'the first one is being made',
  'state.fresh': 'fresh',
  'state.overdue': 'overdue',
  'state.failed': 'the last try failed',
  'state.lost': 'What happened in the last {age} would be lost.',
  'none.next':
    'Name a folder, best of another disk, with FAIRLEAD_BACKUP_DIR where the hub is started: it then makes one each day by itself. Once, by hand:',
  'hand.next':
    'They are made by hand. With FAIRLEAD_BACKUP_DIR, set where the hub is started, it makes one each day by itself. By hand again:',
  'overdue.next': 'The hub should have made one by now; its log says why it did not.',
  'failed.next': 'It is tried again every ten minutes. Mend what it says, or name another folder with FAIRLEAD_BACKUP_DIR.',
  'failed.at': '{time}, to {place}:',
  last: 'Last one',
  'last.none': 'none',
  'last.told': '{time}, {ago} ago, {size}',
  plan: 'By itself',
  'plan.none': 'no: nothing is set up',
  'plan.told': 'every {time}, into {dir}; the last {n} {n|is|are} kept',
  opens: 'Opens with',
  'opens.passphrase': 'its passphrase',
  'opens.kek': 'the key of the secrets, which is not in it: keep a copy of that apart',
  copy: 'Copy the command',
  'held.mark': 'This hub is held: nothing can be changed on hosts',
  'held.title': 'This hub is held: nothing can be changed on hosts',
  'held.restored': 'It was restored from a backup. It shows everything, and acts once somebody says that no other hub with its key does.',
  'held.set back':
    'Hosts remember more than this hub knows: its database is older than they are. It shows everything, and acts once somebody says that this is meant.',
  'held.superseded':
    'Another hub with this hub’s key was confirmed later, and hosts follow that one. Stop this hub; or, if it is the one that shall act, confirm it.',
  'held.backup': 'The backup is of {time}, {ago} ago: what was done since is not in it.',
  'held.since': 'Held since {time}.',
  'held.first': 'First see to it that no other hub with this key runs, and that a lost machine does not come back with one.',
  'held.then': 'Then, on the machine of this hub:',
  'held.where':
    'It is asked for there alone: a copy of the hub has the same people and passwords, so no page could tell which of two it is.',
  'held.after': 'Hosts follow it within seconds, and no earlier one of its key any more; the trail says that it was confirmed.',
} as const
