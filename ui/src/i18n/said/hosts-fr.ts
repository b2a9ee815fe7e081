import type { Templates } from './templates.ts'

/** What the hub says of hosts: enrolment, presence, filters, measures. */
export const hostsSaid: Templates = {
  '"toMs" must be a time later than "fromMs".': '« toMs » doit être un moment après « fromMs ».',
  '"{1}" is no address that an agent could dial; it must look like https://hub.example:8443.':
    '« {1} » n’est pas une adresse qu’un agent puisse joindre ; elle doit ressembler à https://hub.example:8443.',
  '"{1}" is not https://, without which somebody on the way could read and change what is sent; http:// is for this machine alone (http://localhost:8080).':
    '« {1} » n’est pas en https://, sans quoi quelqu’un en chemin pourrait lire et changer ce qui est envoyé ; http:// ne vaut que pour cette machine (http://localhost:8080).',
  'A boot id is up to 64 printable characters.': 'Un identifiant de démarrage a au plus 64 caractères imprimables.',
  'A filter may have at most {1} words.': 'Un filtre a au plus {1} mots.',
  'Another host is named {1} already.': 'Un autre hôte s’appelle déjà {1}.',
  'Another hub counts the metrics of this host; it is asked again.':
    'Un autre hub compte les mesures de cet hôte ; il est interrogé à nouveau.',
  'Host {1} is offline; last seen less than a minute ago.': 'L’hôte {1} est hors ligne ; vu il y a moins d’une minute.',
  'Host {1} is offline; last seen {2} min ago.': 'L’hôte {1} est hors ligne ; vu il y a {2} min.',
  'Host {1} is quarantined: a second copy of its key is in use. Enrol the machine that is to stay anew, with a line from the page of this host.':
    'L’hôte {1} est en quarantaine : une seconde copie de sa clé sert. Réinscrivez la machine qui doit rester, avec une ligne de la page de cet hôte.',
  'It was not asked yet.': 'Il n’a pas encore été interrogé.',
  'Its facts are larger than 12 KiB.': 'Ce qu’il dit de lui dépasse 12 Kio.',
  'Name the environment.': 'Nommez l’environnement.',
  'Not written down.': 'Non consigné.',
  'Nothing waits for a confirmation: this hub acts already.': 'Rien n’attend de confirmation : ce hub agit déjà.',
  'Say for which environment: none is called default.': 'Dites pour quel environnement : aucun ne s’appelle « default ».',
  'That would take longer than {1} s: ask for a shorter range, fewer names, or one subject.':
    'Cela prendrait plus de {1} s : demandez une période plus courte, moins de noms, ou un seul sujet.',
  'The agent of this host is too old to {1}. Update it, or run the install line there again.':
    'L’agent de cet hôte est trop ancien pour {1*}. Mettez-le à jour, ou relancez-y la ligne d’installation.',
  'The end of this part of the log is before its beginning.': 'La fin de cette partie du journal est avant son début.',
  'The engine’s events could not be read ({1}).': 'Les événements du moteur n’ont pas pu être lus ({1}).',
  'The file became shorter while it was read; ask again.': 'Le fichier a raccourci pendant la lecture ; redemandez.',
  'The filter cannot be read at "{1}": a quote has no end; add the missing ".':
    'Le filtre ne peut pas être lu à « {1} » : un guillemet n’est pas fermé ; ajoutez le " manquant.',
  'The filter cannot be read at "{1}": nothing follows the colon; write {2}:something, or leave it out.':
    'Le filtre ne peut pas être lu à « {1} » : rien ne suit le deux-points ; écrivez {2}:quelquechose, ou enlevez-le.',
  'The filter cannot be read at "{1}": write name:value, "free text", or put a quote around the whole word.':
    'Le filtre ne peut pas être lu à « {1} » : écrivez nom:valeur, "texte libre", ou mettez tout le mot entre guillemets.',
  'The host did not say what its policy is.': 'L’hôte n’a pas dit quelles sont ses règles.',
  'The host sent more of this file than was asked for.': 'L’hôte a envoyé plus de ce fichier qu’il n’en était demandé.',
  'The tag {1} says who may do what with a host: this needs the permission roles:grant.':
    'L’étiquette {1} dit qui peut quoi avec un hôte : il faut pour cela le droit roles:grant.',
  'There is no such environment.': 'Cet environnement n’existe pas.',
  'There is no such line for a host. Make a new one under "Enrol a host".':
    'Cette ligne d’hôte n’existe pas. Créez-en une nouvelle sous « Inscrire un hôte ».',
  'There is no such line that waits for a host: it was used, canceled, or never made.':
    'Aucune ligne de ce genre n’attend d’hôte : elle a été utilisée, annulée, ou jamais créée.',
  'This file has more than {1} GiB; fetch it from the host itself.': 'Ce fichier dépasse {1} Gio ; allez le chercher sur l’hôte même.',
  'This host has not connected since the hub started.': 'Cet hôte ne s’est pas connecté depuis le démarrage du hub.',
  'This hub has an owner’s key. If it is lost, make another one with --replace: hosts that are here stay with the one that they pinned, until they are enrolled again.':
    'Ce hub a une clé de propriétaire. Si elle est perdue, créez-en une autre avec --replace : les hôtes présents gardent celle qu’ils ont retenue, jusqu’à leur réinscription.',
  'This is the owner’s key of another hub, or one that was replaced. Nothing was changed.':
    'C’est la clé du propriétaire d’un autre hub, ou une qui a été remplacée. Rien n’a été changé.',
  'This needs the permission hosts:enrol in {1}, where the host would go.': 'Il faut le droit hosts:enrol dans {1}, où irait l’hôte.',
  'This needs the permission hosts:manage in the environment that the host goes to, too.':
    'Il faut aussi le droit hosts:manage dans l’environnement où va l’hôte.',
  'This needs the permission hosts:manage, too: the key that the host has now is over then.':
    'Il faut aussi le droit hosts:manage : la clé que l’hôte a maintenant ne vaudra plus.',
  'Two rules here are called “{1}”; call one of them otherwise.': 'Deux règles ici s’appellent « {1} » ; nommez l’une autrement.',
  'What this host says of itself holds a NUL or half a letter, which no database takes.':
    'Ce que cet hôte dit de lui contient un NUL ou une moitié de lettre, qu’aucune base ne prend.',
  'You could do more with the host there than you may now ({1}): whoever may that already moves it.':
    'Vous pourriez là davantage avec l’hôte que maintenant ({1}) : à qui le peut déjà de le déplacer.',
  'You could do more with the host there than you may now ({1}, …): whoever may that already moves it.':
    'Vous pourriez là davantage avec l’hôte que maintenant ({1}, …) : à qui le peut déjà de le déplacer.',
  'a later try of this agent was let in': 'un essai plus récent de cet agent a été admis',
  'a second machine holds this key; a new one is needed': 'une seconde machine a cette clé ; il en faut une nouvelle',
  'another machine is online with this very key; enrol this one anew with a line of its own':
    'une autre machine est en ligne avec cette même clé ; réinscrivez celle-ci avec une ligne à elle',
  expired: 'expiré',
  'have a policy, and does whatever the hub asks': 'avoir ses propres règles, et fait tout ce que le hub demande',
  'it left before it was let in': 'il est parti avant d’être admis',
  'keep a journal': 'tenir un journal',
  'keep rules': 'garder des règles',
  quarantined: 'en quarantaine',
  revoked: 'révoqué',
  'revoked: this host was enrolled anew, under another key': 'révoqué : cet hôte a été réinscrit, sous une autre clé',
  'set back': 'ramené en arrière',
  'show files': 'montrer des fichiers',
  superseded: 'remplacé par un autre hub',
  'the hello does not fit': 'la salutation ne convient pas',
  'the host that this line is for was removed; enrol this machine with a line of its own':
    'l’hôte auquel cette ligne est destinée a été retiré ; inscrivez cette machine avec une ligne à elle',
  'the hub stops': 'le hub s’arrête',
  'the machine with this key went on from another state; a new key is needed':
    'la machine qui a cette clé est repartie d’un autre état ; il faut une nouvelle clé',
  'this host goes on with another hub, which was restored from a backup': 'cet hôte continue avec un autre hub, restauré d’une sauvegarde',
  'this host is not enrolled here': 'cet hôte n’est pas inscrit ici',
  'this hub speaks version 1': 'ce hub parle la version 1',
  'this key was revoked here, or belongs to another organization; a new one is needed':
    'cette clé a été révoquée ici, ou appartient à une autre organisation ; il en faut une nouvelle',
  'this line has expired; make another one in the console': 'cette ligne a expiré ; créez-en une autre dans la console',
  'this line is for a host of another name; make one for this host in the console':
    'cette ligne est pour un hôte d’un autre nom ; créez-en une pour cet hôte dans la console',
  'this line is for another host; make one in the console, on the page of this very host':
    'cette ligne est pour un autre hôte ; créez-en une dans la console, sur la page de cet hôte même',
  'this line is unknown to this hub; copy all of it again, or make another one in the console':
    'cette ligne est inconnue de ce hub ; recopiez-la en entier, ou créez-en une autre dans la console',
  'this line replaces the key of this host; a new one is needed': 'cette ligne remplace la clé de cet hôte ; il en faut une nouvelle',
  'this line was canceled in the console; make another one there': 'cette ligne a été annulée dans la console ; créez-en une autre là',
  'this line was used by another host; each host needs its own, make one in the console':
    'cette ligne a servi à un autre hôte ; chaque hôte a besoin de la sienne, créez-en une dans la console',
  'too many failed tries from this address': 'trop d’essais manqués depuis cette adresse',
  'too many handshakes': 'trop de poignées de main',
  '{1} is not the key of a hub; put it back from a backup. Hosts follow no other one.':
    '{1} n’est pas la clé d’un hub ; reprenez-la d’une sauvegarde. Les hôtes n’en suivent pas d’autre.',
  '{1} ms': '{1} ms',
  '“{1}” would never do anything: let it look at health checks, at failures, or both.':
    '« {1} » ne ferait jamais rien : faites-lui regarder les contrôles de santé, les échecs, ou les deux.',
  'this machine only': 'cette machine seulement',
  'address of this machine': 'adresse de cette machine',
  'shows a generation that another went on from': 'présente une génération d’où une autre est déjà repartie',
  'online twice': 'deux fois en ligne',
}
