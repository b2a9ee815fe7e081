import type { Templates } from './templates.ts'

/** What the container engine did or did not. */
export const containersSaid: Templates = {
  'A name must not be empty or a dot.': 'Un nom ne doit être ni vide ni un point.',
  'OOM killed, exit ?': 'Tué faute de mémoire (OOM), code ?',
  'OOM killed, exit ?, limit {1} MiB': 'Tué faute de mémoire (OOM), code ?, limite {1} Mio',
  'OOM killed, exit {1}': 'Tué faute de mémoire (OOM), code {1}',
  'OOM killed, exit {1}, limit {2} MiB': 'Tué faute de mémoire (OOM), code {1}, limite {2} Mio',
  'The container engine at {1} does not answer: it does not exist; install the engine, or start it.':
    'Le moteur de conteneurs à {1} ne répond pas : il n’existe pas ; installez le moteur, ou démarrez-le.',
  'The container engine at {1} does not answer: nothing answers there; start the engine, for example with systemctl start docker.':
    'Le moteur de conteneurs à {1} ne répond pas : rien n’y répond ; démarrez le moteur, par exemple avec systemctl start docker.',
  'The container engine at {1} does not answer: this account may not open it; run the agent as root or add it to the socket’s group.':
    'Le moteur de conteneurs à {1} ne répond pas : ce compte n’a pas le droit de l’ouvrir ; lancez l’agent en root ou ajoutez-le au groupe de la prise.',
  'The container engine at {1} ended its stream of events; it is being restarted or has died.':
    'Le moteur de conteneurs à {1} a clos son flux d’événements ; il redémarre ou est mort.',
  'The container engine broke the command off; it is being restarted or has died.':
    'Le moteur de conteneurs a interrompu la commande ; il redémarre ou est mort.',
  'The container engine broke the log off; it is being restarted or has died.':
    'Le moteur de conteneurs a interrompu le journal ; il redémarre ou est mort.',
  'The container was removed in this very moment.': 'Le conteneur a été supprimé à l’instant même.',
  'The engine answered with more than 64 MiB.': 'Le moteur a répondu par plus de 64 Mio.',
  'The engine at {1} answers its ping with {2}.': 'Le moteur à {1} répond {2} quand on le sonde.',
  'The engine at {1} speaks API 1.{2}; at least 1.{3} (Docker 20.10) is wanted.':
    'Le moteur à {1} parle l’API 1.{2} ; il faut au moins 1.{3} (Docker 20.10).',
  'The engine closed the connection before it answered.': 'Le moteur a fermé la connexion avant de répondre.',
  'The engine closed the connection in the middle of an answer.': 'Le moteur a fermé la connexion au milieu d’une réponse.',
  'The engine did not answer within {1} ms; it may hang.': 'Le moteur n’a pas répondu en {1} ms ; il est peut-être bloqué.',
  'The engine refused ({1}).': 'Le moteur a refusé ({1}).',
  'The engine refused ({1}): {2}': 'Le moteur a refusé ({1}) : {2}',
  'The engine’s answer is malformed: {1}. Restart the engine if it goes on so.':
    'La réponse du moteur est mal formée : {1*}. Redémarrez le moteur si cela continue.',
  'The engine’s log is malformed: {1}. Restart the engine if it goes on so.':
    'Le journal du moteur est mal formé : {1*}. Redémarrez le moteur si cela continue.',
  'a chunk is longer than it said': 'un morceau est plus long qu’annoncé',
  'a frame has more than 4 MiB': 'une trame dépasse 4 Mio',
  'a line ends in the middle': 'une ligne finit au milieu',
  'its first line is none of HTTP': 'sa première ligne n’est pas du HTTP',
  'its headers have no end': 'ses en-têtes n’ont pas de fin',
  'its length is no number': 'sa longueur n’est pas un nombre',
  'the size of a chunk has no end': 'la taille d’un morceau n’a pas de fin',
  'the size of a chunk is no number': 'la taille d’un morceau n’est pas un nombre',
  'the size of a chunk is no number up to 4 MiB': 'la taille d’un morceau n’est pas un nombre jusqu’à 4 Mio',
}
