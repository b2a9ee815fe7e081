import type { Templates } from './templates.ts'

/** Backups and restores. */
export const backupSaid: Templates = {
  'A backup that has the key of the secrets in it cannot be closed with that very key; give it a passphrase.':
    'Une sauvegarde qui contient la clé des secrets ne peut pas être fermée par cette même clé ; donnez-lui une phrase secrète.',
  'A restore of {1} was cut off; run the same "restore" again, it begins anew and ends it. The hub does not start before.':
    'Une restauration de {1} a été interrompue ; relancez le même « restore », il recommence et la termine. Le hub ne démarre pas avant.',
  'The backup cannot be read: {1}. Nothing was changed.': 'La sauvegarde ne peut pas être lue : {1*}. Rien n’a été changé.',
  'The backup does not begin as one. Nothing was changed.': 'La sauvegarde ne commence pas comme telle. Rien n’a été changé.',
  'The backup has a table that its migrations do not make. Nothing was changed.':
    'La sauvegarde a une table que ses migrations ne font pas. Rien n’a été changé.',
  'The backup is damaged: {1}. Nothing was changed; take another copy of it, or another backup.':
    'La sauvegarde est endommagée : {1*}. Rien n’a été changé ; prenez-en une autre copie, ou une autre sauvegarde.',
  'The backup is empty. Nothing was changed.': 'La sauvegarde est vide. Rien n’a été changé.',
  'The backup names a file that is none of a hub’s. Nothing was changed.':
    'La sauvegarde nomme un fichier qui n’est pas d’un hub. Rien n’a été changé.',
  'The backup {1} cannot be read ({2}).': 'La sauvegarde {1} ne peut pas être lue ({2}).',
  'The key encryption key here is not the one that the secrets are sealed under; say where the right one is with FAIRLEAD_KEK_FILE, _COMMAND or _PASSPHRASE.':
    'La clé de chiffrement des clés d’ici n’est pas celle sous laquelle les secrets sont scellés ; dites où est la bonne avec FAIRLEAD_KEK_FILE, _COMMAND ou _PASSPHRASE.',
  'The key of the secrets is not in this backup and not here: put your copy of it into the data folder as "kek" (mode 0600), or say where it is with FAIRLEAD_KEK_FILE, _COMMAND or _PASSPHRASE. Nothing was changed.':
    'La clé des secrets n’est ni dans cette sauvegarde ni ici : mettez votre copie dans le dossier de données sous le nom « kek » (mode 0600), ou dites où elle est avec FAIRLEAD_KEK_FILE, _COMMAND ou _PASSPHRASE. Rien n’a été changé.',
  'The passphrase does not open this backup. Nothing was changed.': 'La phrase secrète n’ouvre pas cette sauvegarde. Rien n’a été changé.',
  'This backup is of a newer kind ({1}); restore it with the hub that made it, or a newer one.':
    'Cette sauvegarde est d’une sorte plus récente ({1}) ; restaurez-la avec le hub qui l’a faite, ou un plus récent.',
  'This backup was made by a hub whose migration {1} is another one than here; restore it with that version. Nothing was changed.':
    'Cette sauvegarde a été faite par un hub dont la migration {1} n’est pas celle d’ici ; restaurez-la avec cette version. Rien n’a été changé.',
  'This backup was made by a newer hub ({1}, with the migration {2}); restore it with that version or a newer one. Nothing was changed.':
    'Cette sauvegarde a été faite par un hub plus récent ({1}, avec la migration {2}) ; restaurez-la avec cette version ou une plus récente. Rien n’a été changé.',
  'This database has tables that are no hub’s; a restore would remove them. Give the hub a database of its own. Nothing was changed.':
    'Cette base de données a des tables qui ne sont d’aucun hub ; une restauration les supprimerait. Donnez au hub une base à lui. Rien n’a été changé.',
  'This file is no backup of a Fairlead hub.': 'Ce fichier n’est pas une sauvegarde d’un hub Fairlead.',
  'This hub has an account already; restore into an empty data folder and database, or replace what is here with --replace. Nothing was changed.':
    'Ce hub a déjà un compte ; restaurez dans un dossier de données et une base vides, ou remplacez ce qui est ici avec --replace. Rien n’a été changé.',
  'This hub has no key encryption key yet; start it once, or give the backup a passphrase.':
    'Ce hub n’a pas encore de clé de chiffrement des clés ; démarrez-le une fois, ou donnez une phrase secrète à la sauvegarde.',
  'This hub has {1} accounts already; restore into an empty data folder and database, or replace what is here with --replace. Nothing was changed.':
    'Ce hub a déjà {1} comptes ; restaurez dans un dossier de données et une base vides, ou remplacez ce qui est ici avec --replace. Rien n’a été changé.',
  'a part of it is too long': 'une de ses parties est trop longue',
  'a piece of it is none': 'un de ses morceaux n’en est pas un',
  'it ends before its end': 'elle finit avant sa fin',
  'it has no end': 'elle n’a pas de fin',
  'its first line does not fit': 'sa première ligne ne convient pas',
  'its parts are not those that were written': 'ses parties ne sont pas celles qui ont été écrites',
  'piece {1}{2} of it is not as it was written': 'son morceau {1}{2} n’est pas tel qu’il a été écrit',
  'something follows its end': 'quelque chose suit sa fin',
  '{1} cannot be written ({2}); name a file in a folder that is there and that the hub’s account may write to.':
    '{1} ne peut pas être écrit ({2}) ; nommez un fichier dans un dossier qui existe et où le compte du hub peut écrire.',
}
