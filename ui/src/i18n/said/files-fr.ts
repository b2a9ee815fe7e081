import type { Templates } from './templates.ts'

/** What keeps a file of a host from being read. */
export const filesSaid: Templates = {
  'A path beneath a folder {1}.': 'Un chemin sous un dossier {1*}.',
  'Another file system begins on the way to this. To read it, name its folder in files.read of the policy on the host, too.':
    'Un autre système de fichiers commence sur le chemin. Pour lire ceci, nommez aussi son dossier dans files.read des règles, sur l’hôte.',
  'Fairlead’s own folders, /proc, /sys and /dev are read by nobody through the hub, whatever the policy of the host allows.':
    'Les dossiers de Fairlead, /proc, /sys et /dev ne sont lus par personne à travers le hub, quoi que permettent les règles de l’hôte.',
  'Nobody took any of this file for {1} s; ask again.': 'Personne n’a rien pris de ce fichier pendant {1} s ; redemandez.',
  'Only plain files are read.': 'Seuls les fichiers ordinaires sont lus.',
  'Others are being given files of this host just now; ask again once they are through.':
    'D’autres reçoivent à l’instant des fichiers de cet hôte ; redemandez quand ils auront fini.',
  'The account that the agent runs as may not read this. On the host: let it, or run the agent as root.':
    'Le compte de l’agent n’a pas le droit de lire ceci. Sur l’hôte : donnez-le-lui, ou lancez l’agent en root.',
  'The disk of the host failed to read this. On the host: look at dmesg.':
    'Le disque de l’hôte n’a pas pu lire ceci. Sur l’hôte : regardez dmesg.',
  'The host’s network file system lost this; ask again.': 'Le système de fichiers réseau de l’hôte l’a perdu ; redemandez.',
  'There is nothing at this path on the host, or not any more.': 'Il n’y a rien à ce chemin sur l’hôte, ou plus rien.',
  'There is nothing to be read from this now.': 'Il n’y a rien à lire ici pour l’instant.',
  'This is a folder; list it.': 'C’est un dossier ; listez-le.',
  'This is a link, and links are not followed. Ask for where it points.':
    'C’est un lien, et les liens ne sont pas suivis. Demandez ce qu’il désigne.',
  'This is no folder; ask for its content.': 'Ce n’est pas un dossier ; demandez son contenu.',
  'This lies in no folder that the policy of the host lets its hub read.':
    'Cela n’est dans aucun dossier que les règles de l’hôte laissent lire au hub.',
  'This path has a name that is longer than the file system of the host takes.':
    'Ce chemin a un nom plus long que ce qu’accepte le système de fichiers de l’hôte.',
  'This path leads through something that is no folder, or through a link; links are not followed. Ask for where it points.':
    'Ce chemin passe par ce qui n’est pas un dossier, ou par un lien ; les liens ne sont pas suivis. Demandez ce qu’il désigne.',
  'does not begin with a slash': 'ne commence pas par une barre oblique',
  'has at least one name': 'a au moins un nom',
  'has at most {1} bytes': 'a au plus {1} octets',
  'has names of at most {1} bytes': 'a des noms d’au plus {1} octets',
  'has no empty name, no "." and no ".."': 'n’a ni nom vide, ni « . », ni « .. »',
  'has no zero byte': 'n’a pas d’octet nul',
  '{1} others wait for a file of this host already; ask again in a moment.':
    '{1} autres attendent déjà un fichier de cet hôte ; redemandez dans un instant.',
}
