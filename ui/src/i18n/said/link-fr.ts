import type { Templates } from './templates.ts'

/** Why an agent and a hub do not come together. */
export const linkSaid: Templates = {
  'Another agent runs with {1}.': 'Un autre agent tourne avec {1}.',
  'Another agent runs with {1}; end it, or give this one a folder of its own.':
    'Un autre agent tourne avec {1} ; arrêtez-le, ou donnez à celui-ci un dossier à lui.',
  'Another hub with this hub’s key was restored from a backup and took over; this host goes on with that one.':
    'Un autre hub avec la clé de ce hub a été restauré d’une sauvegarde et a pris la suite ; cet hôte continue avec celui-là.',
  'HTTPS_PROXY is no proxy that the agent can use; it must look like http://proxy.example:3128, or add {1} to NO_PROXY.':
    'HTTPS_PROXY n’est pas un proxy que l’agent puisse utiliser ; il doit ressembler à http://proxy.example:3128, ou ajoutez {1} à NO_PROXY.',
  'HTTP_PROXY is no proxy that the agent can use; it must look like http://proxy.example:3128, or add {1} to NO_PROXY.':
    'HTTP_PROXY n’est pas un proxy que l’agent puisse utiliser ; il doit ressembler à http://proxy.example:3128, ou ajoutez {1} à NO_PROXY.',
  'Nothing listens at {1}; is the hub running, and is the port right?':
    'Rien n’écoute à {1} ; le hub tourne-t-il, et le port est-il le bon ?',
  'The agent answers root alone; run this with sudo.': 'L’agent ne répond qu’à root ; lancez ceci avec sudo.',
  'The agent does not run; start it: systemctl start fairlead-agent':
    'L’agent ne tourne pas ; démarrez-le : systemctl start fairlead-agent',
  'The agent ended while it was asked.': 'L’agent s’est arrêté pendant qu’on l’interrogeait.',
  'The agent runs and does not answer; restart it: systemctl restart fairlead-agent':
    'L’agent tourne et ne répond pas ; redémarrez-le : systemctl restart fairlead-agent',
  'The agent says too much.': 'L’agent en dit trop.',
  'The agent that runs does not know "{1}"; it may be an older one: restart it.':
    'L’agent qui tourne ne connaît pas « {1} » ; il est peut-être plus ancien : redémarrez-le.',
  'The handshake failed: {1}.': 'La poignée de main a échoué : {1*}.',
  "The host's key {1} cannot be read; run the agent as the account that made it.":
    'La clé de l’hôte {1} ne peut pas être lue ; lancez l’agent sous le compte qui l’a créée.',
  'The hub at this address does not hold the key that was pinned when this host was enrolled. Nothing was sent to it.':
    'Le hub à cette adresse n’a pas la clé retenue quand cet hôte a été inscrit. Rien ne lui a été envoyé.',
  'The hub at {1} could not be reached ({2}).': 'Le hub à {1} n’a pas pu être joint ({2}).',
  'The hub closed the connection ({1}).': 'Le hub a fermé la connexion ({1}).',
  'The hub closed the connection ({1}: {2}).': 'Le hub a fermé la connexion ({1} : {2*}).',
  'The hub did not answer the handshake within 10 s.': 'Le hub n’a pas répondu à la poignée de main en 10 s.',
  'The hub did not let this host in.': 'Le hub n’a pas admis cet hôte.',
  'The hub did not let this host in: {1}.': 'Le hub n’a pas admis cet hôte : {1*}.',
  'The hub names an epoch that its key did not sign.': 'Le hub nomme une époque que sa clé n’a pas signée.',
  'The hub says that this host belongs to another organization than it was enrolled for. To move it there, enrol it anew with a line of that one.':
    'Le hub dit que cet hôte appartient à une autre organisation que celle pour laquelle il a été inscrit. Pour l’y déplacer, réinscrivez-le avec une ligne de celle-là.',
  'The hub shows another key than the pinned one, and does not prove that it may: {1}.':
    'Le hub montre une autre clé que celle retenue, et ne prouve pas qu’il en a le droit : {1*}.',
  'The hub speaks no version of the protocol that this agent speaks; update the older of the two.':
    'Le hub ne parle aucune version du protocole que parle cet agent ; mettez à jour le plus ancien des deux.',
  'The hub’s welcome cannot be read; its version may be too new.':
    'L’accueil du hub ne peut pas être lu ; sa version est peut-être trop récente.',
  'The join string holds no usable address of a hub; copy the whole line again.':
    'La ligne ne contient aucune adresse utilisable d’un hub ; recopiez-la en entier.',
  "The name {1} does not resolve; check this host's DNS.": 'Le nom {1} ne se résout pas ; vérifiez le DNS de cet hôte.',
  'The other end closed during the handshake ({1}).': 'L’autre côté a fermé pendant la poignée de main ({1}).',
  'The other end closed during the handshake ({1}: {2}).': 'L’autre côté a fermé pendant la poignée de main ({1} : {2*}).',
  'The other end did not finish the handshake within 5 s.': 'L’autre côté n’a pas fini la poignée de main en 5 s.',
  'The proxy {1} {2}': 'Le proxy {1} {2*}',
  'The welcome came too late.': 'L’accueil est venu trop tard.',
  'This host is not enrolled yet: run "fairlead-agent enrol" with the join string of the console’s "Enrol a host" page on its standard input.':
    'Cet hôte n’est pas encore inscrit : lancez « fairlead-agent enrol » avec, sur son entrée standard, la ligne de la page « Inscrire un hôte » de la console.',
  'This is no owner’s key: it begins with "flo1." and has two more parts of 43 characters each.':
    'Ce n’est pas une clé de propriétaire : elle commence par « flo1. » et a encore deux parties de 43 caractères chacune.',
  'This is not a join string. It begins with "flj1." and has four more parts; copy the whole line from the console’s "Enrol a host" page.':
    'Ce n’est pas une ligne d’inscription. Elle commence par « flj1. » et a encore quatre parties ; copiez-la en entier de la page « Inscrire un hôte » de la console.',
  'a message does not authenticate': 'un message ne s’authentifie pas',
  'a message of a wrong kind or size': 'un message de mauvaise sorte ou taille',
  'a proof is too short': 'une preuve est trop courte',
  'an identity did not sign': 'une identité n’a pas signé',
  'answered {1} when asked for [{2}]:{3}; does it allow CONNECT?':
    'a répondu {1} quand on lui a demandé [{2}]:{3} ; autorise-t-il CONNECT ?',
  'answered {1} when asked for [{2}]:{3}; its log says why.': 'a répondu {1} quand on lui a demandé [{2}]:{3} ; son journal dit pourquoi.',
  'answered {1} when asked for {2}:{3}; does it allow CONNECT?': 'a répondu {1} quand on lui a demandé {2}:{3} ; autorise-t-il CONNECT ?',
  'answered {1} when asked for {2}:{3}; its log says why.': 'a répondu {1} quand on lui a demandé {2}:{3} ; son journal dit pourquoi.',
  'could not be reached (error); look at HTTPS_PROXY and at the proxy.':
    'n’a pas pu être joint (erreur) ; regardez HTTPS_PROXY et le proxy.',
  'could not be reached ({1}); look at HTTPS_PROXY and at the proxy.': 'n’a pas pu être joint ({1}) ; regardez HTTPS_PROXY et le proxy.',
  'could not reach the hub in time; is the hub running, and may the proxy connect there?':
    'n’a pas pu joindre le hub à temps ; le hub tourne-t-il, et le proxy a-t-il le droit de s’y connecter ?',
  'could not reach the hub; is the hub running, and may the proxy connect there?':
    'n’a pas pu joindre le hub ; le hub tourne-t-il, et le proxy a-t-il le droit de s’y connecter ?',
  'did not answer within 10 s; look at HTTPS_PROXY and at the proxy.': 'n’a pas répondu en 10 s ; regardez HTTPS_PROXY et le proxy.',
  'does not allow connections to the hub; have its administrator allow CONNECT to that name and port.':
    'ne permet pas de connexions au hub ; faites autoriser CONNECT vers ce nom et ce port par qui l’administre.',
  'half a reason': 'une moitié de raison',
  'it does not know the pinned key': 'il ne connaît pas la clé retenue',
  'it is signed by an owner’s key, and this host pinned none': 'c’est signé par la clé d’un propriétaire, et cet hôte n’en a retenu aucune',
  'it leaves out what follows key {1}': 'il omet ce qui suit la clé {1}',
  'it speaks for another hub': 'il parle pour un autre hub',
  'its statements do not lead from key {1} to the key that it holds': 'ses déclarations ne mènent pas de la clé {1} à celle qu’il a',
  'key {1} is named by another key': 'la clé {1} est nommée par une autre clé',
  'not this hub': 'pas ce hub',
  stopping: 'arrêt',
  'the first message is malformed': 'le premier message est mal formé',
  'the greeting has a wrong length': 'la salutation a une mauvaise longueur',
  'the two ends disagree about TLS': 'les deux côtés ne s’accordent pas sur TLS',
  'too much before the welcome': 'trop de choses avant l’accueil',
  'wants a login; give it as HTTPS_PROXY=http://name:password@proxy:port.':
    'demande un compte ; donnez-le ainsi : HTTPS_PROXY=http://name:password@proxy:port.',
  '{1} answered {2} instead of opening the link; is it a Fairlead hub, and does the proxy in front of it pass WebSockets?':
    '{1} a répondu {2} au lieu d’ouvrir la liaison ; est-ce un hub Fairlead, et le proxy devant lui laisse-t-il passer les WebSockets ?',
  '{1} cannot be reached; check the route and the firewall between.':
    '{1} est injoignable ; vérifiez la route et le pare-feu entre les deux.',
  '{1} is damaged; enrol this host again with a new line from the console.':
    '{1} est endommagé ; réinscrivez cet hôte avec une nouvelle ligne de la console.',
  '{1}{2}. Enrol it again with a new line from the console, or uninstall the agent.':
    '{1}{2}. Réinscrivez-le avec une nouvelle ligne de la console, ou désinstallez l’agent.',
  'too large a message': 'un message trop grand',
  'a fragment out of turn': 'un fragment hors de son tour',
  'a frame that no hub sends': 'une trame qu’aucun hub n’envoie',
  '{1} is no file of the agent: no plain one, or larger than 64 MiB. Move it away.':
    '{1} n’est pas un fichier de l’agent : pas un fichier ordinaire, ou plus de 64 Mio. Déplacez-le.',
}
