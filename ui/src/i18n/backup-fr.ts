import type { backupEn } from './backup-en.ts'

export const backupFr: Readonly<Record<keyof typeof backupEn, string>> = {
  title: 'Sauvegardes',
  what: 'Tout ce hub dans un seul fichier scellé ; ce qui est sur les hôtes y reste et n’en a pas besoin.',
  error: 'L’état des sauvegardes n’a pas pu être chargé.',
  state: 'État',
  'state.none': 'il n’y en a aucune',
  'state.first': 'la première est en cours',
  'state.fresh': 'récente',
  'state.overdue': 'en retard',
  'state.failed': 'la dernière tentative a échoué',
  'state.lost': 'Ce qui s’est passé depuis {age} serait perdu.',
  'none.next':
    'Indiquez un dossier, de préférence sur un autre disque, par FAIRLEAD_BACKUP_DIR là où le hub est lancé : il en fera une chaque jour de lui-même. Une fois, à la main :',
  'hand.next':
    'Elles sont faites à la main. Avec FAIRLEAD_BACKUP_DIR, fixé là où le hub est lancé, il en fait une chaque jour de lui-même. À la main, encore :',
  'overdue.next': 'Le hub aurait déjà dû en faire une ; son journal dit pourquoi il ne l’a pas fait.',
  'failed.next': 'Il réessaie toutes les dix minutes. Réparez ce qui est dit, ou indiquez un autre dossier par FAIRLEAD_BACKUP_DIR.',
  'failed.at': '{time}, vers {place} :',
  last: 'La dernière',
  'last.none': 'aucune',
  'last.told': '{time}, il y a {ago}, {size}',
  plan: 'De lui-même',
  'plan.none': 'non : rien n’est prévu',
  'plan.told': 'toutes les {time}, dans {dir} ; {n} {n|est gardée|sont gardées}',
  opens: 'S’ouvre avec',
  'opens.passphrase': 'sa phrase de passe',
  'opens.kek': 'la clé des secrets, qui n’est pas dedans : gardez-en une copie à part',
  copy: 'Copier la commande',
  'held.mark': 'Ce hub est retenu : rien ne peut être changé sur les hôtes',
  'held.title': 'Ce hub est retenu : rien ne peut être changé sur les hôtes',
  'held.restored':
    'Il a été restauré d’une sauvegarde. Il montre tout, et agira quand quelqu’un aura dit qu’aucun autre hub de sa clé n’agit.',
  'held.set back':
    'Les hôtes se souviennent de plus que ce hub n’en sait : sa base de données est plus ancienne qu’eux. Il montre tout, et agira quand quelqu’un aura dit que c’est voulu.',
  'held.superseded':
    'Un autre hub de la même clé a été confirmé plus tard, et les hôtes suivent celui-là. Arrêtez ce hub ; ou, si c’est lui qui doit agir, confirmez-le.',
  'held.backup': 'La sauvegarde date du {time}, il y a {ago} : ce qui a été fait depuis n’y est pas.',
  'held.since': 'Retenu depuis le {time}.',
  'held.first': 'D’abord, assurez-vous qu’aucun autre hub de cette clé ne tourne, et qu’une machine perdue ne revienne pas avec lui.',
  'held.then': 'Puis, sur la machine de ce hub :',
  'held.where':
    'Cela se demande là seulement : une copie du hub a les mêmes personnes et les mêmes mots de passe ; aucune page ne pourrait dire lequel des deux elle est.',
  'held.after': 'Les hôtes le suivent en quelques secondes, et plus aucun hub antérieur de sa clé ; la trace dit qu’il a été confirmé.',
}
