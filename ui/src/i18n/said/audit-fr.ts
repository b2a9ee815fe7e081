import type { Templates } from './templates.ts'

/** The trail, its archives, its witnesses. */
export const auditSaid: Templates = {
  'A checkpoint of {1} rows stands after row {2}.': 'Un point de contrôle de {1} lignes est après la ligne {2}.',
  'Line {1} stands after the end.': 'La ligne {1} du fichier est après la fin.',
  'Line {1}, after row {2}, is no line of an export.': 'La ligne {1} du fichier, après la ligne {2}, n’est pas une ligne d’export.',
  'No archive has the rows {1} to {2}.': 'Aucune archive n’a les lignes {1} à {2}.',
  'Nothing is signed after row {1}.': 'Rien n’est signé après la ligne {1}.',
  'Row {1} is not what was written, or it is not after the row that was before it.':
    'La ligne {1} n’est pas ce qui a été écrit, ou elle n’est pas après celle qui la précédait.',
  'Row {1} stands where row {2} should be.': 'La ligne {1} est où devrait être la ligne {2}.',
  'Rows {1} to {2} are missing.': 'Les lignes {1} à {2} manquent.',
  'Rows {1}{2} to {3} are missing.': 'Les lignes {1}{2} à {3} manquent.',
  'Rows {1}{2} to {3} are not those that were signed.': 'Les lignes {1}{2} à {3} ne sont pas celles qui ont été signées.',
  'The archive {1} does not hold rows {2} to {3}.': 'L’archive {1} ne contient pas les lignes {2} à {3}.',
  'The archive {1}, with rows {2} to {3} of the trail, cannot be read ({4}). Put it back from a backup, and find out who changed it.':
    'L’archive {1}, avec les lignes {2} à {3} de la trace, ne peut pas être lue ({4}). Remettez-la d’une sauvegarde, et cherchez qui l’a changée.',
  'The archive {1}, with rows {2} to {3} of the trail, is not the file that was written. Put it back from a backup, and find out who changed it.':
    'L’archive {1}, avec les lignes {2} à {3} de la trace, n’est pas le fichier qui a été écrit. Remettez-la d’une sauvegarde, et cherchez qui l’a changée.',
  'The checkpoint after row {1} is not signed with the key of this trail.':
    'Le point de contrôle après la ligne {1} n’est pas signé par la clé de cette trace.',
  'The checkpoint at row {1}, up to which rows are archived, is missing.':
    'Le point de contrôle à la ligne {1}, jusqu’où les lignes sont archivées, manque.',
  'The file ends early: it was cut off.': 'Le fichier finit trop tôt : il a été coupé.',
  'The file is of a trail that another key signs.': 'Le fichier est d’une trace que signe une autre clé.',
  'The file says that it has {1} rows; {2} are there.': 'Le fichier dit avoir {1} lignes ; il y en a {2}.',
  'The receiver of the webhook answered {1}.': 'Le récepteur du webhook a répondu {1}.',
  'The syslog receiver at {1}:{2} {3}.': 'Le récepteur syslog à {1}:{2} {3*}.',
  'There is no file {1}.': 'Il n’y a pas de fichier {1}.',
  'This is no signed checkpoint of the trail of this host’s organization.':
    'Ce n’est pas un point de contrôle signé de la trace de l’organisation de cet hôte.',
  'What comes with this checkpoint does not add up to it.': 'Ce qui vient avec ce point de contrôle n’y mène pas.',
  'What follows --key is no key of a trail; copy all of it from the console, it begins with "fairlead/".':
    'Ce qui suit --key n’est pas la clé d’une trace ; copiez-la en entier de la console, elle commence par « fairlead/ ».',
  'What is left out after row {1} does not fit there.': 'Ce qui est omis après la ligne {1} n’y va pas.',
  'What {1} keeps is of another trail.': 'Ce que garde {1} est d’une autre trace.',
  'What {1} keeps was signed with another key.': 'Ce que garde {1} a été signé par une autre clé.',
  'closed the connection early': 'a fermé la connexion trop tôt',
  'could not be told ({1})': 'n’a pas pu être informé ({1})',
  'does not answer': 'ne répond pas',
  'it is signed with another key': 'c’est signé par une autre clé',
  'rows are gone': 'des lignes ont disparu',
  'rows are others': 'des lignes sont autres',
  'took the rows and did not close the connection after them': 'a pris les lignes et n’a pas fermé la connexion ensuite',
  'was left: the hub stops': 'a été quitté : le hub s’arrête',
  '{1} cannot be read.': '{1} ne peut pas être lu.',
  '{1} ends with row {2}, and this one does not go on from there.': '{1} finit par la ligne {2}, et celui-ci ne continue pas de là.',
  '{1} has a line of more than {2} characters.': '{1} a une ligne de plus de {2} caractères.',
  '{1} is damaged. To begin anew, run "fairlead-agent witness forget": what was seen is set aside, and can be compared with an export.':
    '{1} est endommagé. Pour recommencer, lancez « fairlead-agent witness forget » : ce qui a été vu est mis de côté, et peut être comparé à un export.',
  '{1} is damaged: it cannot be unpacked.': '{1} est endommagé : il ne peut pas être décompressé.',
  '{1} is empty.': '{1} est vide.',
  '{1} is no export of an audit trail; take the NDJSON one (a CSV cannot be verified), or an archive as it is.':
    '{1} n’est pas un export d’une trace ; prenez celui en NDJSON (un CSV ne peut pas être vérifié), ou une archive telle quelle.',
  '{1} is of the same trail and names another key that signs it.': '{1} est de la même trace et nomme une autre clé qui la signe.',
  '{1} saw another trail at row {2}: it was rewritten since.': '{1} a vu une autre trace à la ligne {2} : elle a été réécrite depuis.',
  '{1} saw {2} rows.': '{1} a vu {2} lignes.',
  '{1} saw {2} rows; this file has {3}.': '{1} a vu {2} lignes ; ce fichier en a {3}.',
  '{1} tells another story: row {2} there is not row {3} here. One of them was rewritten.':
    '{1} raconte autre chose : la ligne {2} là-bas n’est pas la ligne {3} ici. L’une des deux a été réécrite.',
}
