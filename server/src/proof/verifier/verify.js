let english = false;
/** A sentence in the language chosen; {0} stands for what follows. French is what the code holds, ENGLISH says the same. */
const say = (text, ...values) => (english ? (ENGLISH[text] ?? text) : text).replace(/\{(\d)\}/g, (_, at) => values[at]);
const locale = () => (english ? 'en-GB' : 'fr-FR');
const encoder = new TextEncoder();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const bytesOf = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const sha256 = async (text) => hex(await crypto.subtle.digest('SHA-256', typeof text === 'string' ? encoder.encode(text) : text));

/** The canonical form that is hashed: no blanks, keys sorted (RFC 8785). */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value && typeof value === 'object') {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Personal texts of a fact: kept out of the hash, their digests stand for them. */
const TEXTS = { joined: ['name'], lobby_entered: ['name'], chat_posted: ['text'] };

/** What is wrong with a record, or nothing. */
async function flaw(record, head) {
  if (record.seance !== head.seance) return 'il appartient à une autre séance';
  if (record.seq !== head.seq + 1) return 'un enregistrement manque, se répète ou n’est pas à sa place';
  if (record.prev !== head.hash) return 'il ne suit pas celui qui le précède';
  const fact = { ...record.fact };
  const names = TEXTS[fact.type] ?? [];
  if (names.length !== record.digests.length) return 'un texte a été changé';
  const erased = names.every((name) => fact[name] === '');
  if (record.salt.length !== (erased ? 0 : 64)) return 'un texte a été changé';
  for (const [at, name] of names.entries()) {
    if (fact[name] !== '' && (await sha256(record.salt + fact[name])) !== record.digests[at]) return 'un texte a été changé';
    fact[name] = record.digests[at];
  }
  const { seance, seq, boot, boot_at, mono_ms, wall } = record;
  const row = canonical({ seance, seq, boot, boot_at, mono_ms, wall, fact });
  return (await sha256(record.prev + row)) === record.hash ? undefined : 'ce qu’il dit a été changé';
}

/** What is wrong with a correction, or nothing. */
async function misfit(one, chain) {
  const { id, seance, number, person, old, new: now, reason, author, at, link } = one;
  if (seance !== chain.seance || number !== chain.number + 1 || link.prev !== chain.hash) return 'une correction manque, se répète ou n’est pas à sa place';
  if (link.salt.length !== (one.text === '' ? 0 : 64)) return 'son texte a été changé';
  if (one.text !== '' && (await sha256(link.salt + one.text)) !== link.digest) return 'son texte a été changé';
  const row = canonical({ id, seance, number, person, old, new: now, reason, text: link.digest, author, at });
  if ((await sha256(link.prev + row)) !== link.hash) return 'ce qu’elle dit a été changé';
  const whole = `preau-correction/1\n${seance}\n${number}\n${link.hash}\n`;
  return (await signed(link.key, link.signature, whole)) ? undefined : 'sa signature n’est pas la bonne';
}

async function signed(key, signature, text) {
  if (!/^[0-9a-f]{64}$/.test(key) || !/^[0-9a-f]{128}$/.test(signature)) return false;
  const imported = await crypto.subtle.importKey('raw', bytesOf(key), { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, imported, bytesOf(signature), encoder.encode(text));
}
const statement = (seance, seal) => `preau-seal/1\n${seance}\n${seal.seq}\n${seal.hash}\n${seal.at}\n`;

/** What a line of an attestation says, in the order in which it is hashed. */
const LINE = ['attestation', 'number', 'person', 'lastName', 'firstName', 'sessionFormation', 'title', 'identifiant', 'startsOn',
  'endsOn', 'distance', 'presence', 'attested', 'by', 'capacity', 'at'];
const RECEIPT = ['preau_receipt', 'line', 'salt', 'path', 'size', 'root', 'public_key', 'signature'];

/** A leaf (0) or a node (1) of the tree over the lines of one act (RFC 9162). */
const hashed = (kind, ...parts) => sha256(Uint8Array.from([kind, ...parts.flatMap((part) => [...part])]));
const exactly = (value, keys) => value !== null && typeof value === 'object'
  && Object.keys(value).length === keys.length && keys.every((key) => key in value);

/** Reads a receipt: one line of an act of attestation, provable without the others. */
async function verifyReceipt(text) {
  const altered = (why) => ({ state: 'altered', part: 'le reçu', why });
  let receipt;
  try {
    receipt = JSON.parse(text);
  } catch {
    return altered('il est incomplet ou illisible');
  }
  if (receipt.preau_receipt !== 1) return altered('cette version est inconnue de ce vérificateur');
  if (JSON.stringify(receipt) !== text.trim() || !exactly(receipt, RECEIPT) || !exactly(receipt.line, LINE) || !exactly(receipt.line.attested, ['distance', 'presence'])) {
    return altered('il n’est pas écrit comme il a été délivré');
  }
  const { attested, ...rest } = receipt.line;
  const { distance, presence } = attested;
  const line = Object.fromEntries(LINE.map((key) => [key, key === 'attested' ? { distance, presence } : rest[key]]));
  let hash = await hashed(0, encoder.encode(`${receipt.salt}\n${JSON.stringify(line)}`));
  for (const step of receipt.path) {
    if (!/^[0-9a-f]{64}$/.test(step.hash)) return altered('il n’est pas écrit comme il a été délivré');
    const both = step.side === 'left' ? [bytesOf(step.hash), bytesOf(hash)] : [bytesOf(hash), bytesOf(step.hash)];
    hash = await hashed(1, ...both);
  }
  if (hash !== receipt.root) return altered('ce qu’il dit n’est pas ce qui a été attesté');
  const whole = `preau-attestations/1\n${line.sessionFormation}\n${line.at}\n${receipt.size}\n${receipt.root}\n`;
  if (!(await signed(receipt.public_key, receipt.signature, whole))) return altered('sa signature n’est pas la bonne');
  return { state: 'intact', receipt };
}

/** Reads a bundle: { state: 'intact' | 'altered' | 'truncated', … }. */
async function verify(buffer) {
  const bytes = new Uint8Array(buffer);
  const altered = (part, why) => ({ state: 'altered', part, why });
  let opening; let head; let presence; let closing; let chain;
  const records = []; const kept = []; const corrections = []; let beside = false;
  let content = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    if (closing) return altered('la fin', 'quelque chose suit le sceau');
    if (end < 0) break;
    const next = beside ? ['la correction {0}', corrections.length + 1] : ['l’enregistrement {0}', records.length + 1];
    const place = !opening ? 'la première ligne' : presence ? 'le sceau' : next;
    let line;
    let text;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(from, end));
      line = JSON.parse(text);
    } catch {
      return altered(place, 'la ligne est illisible');
    }
    if (line === null || typeof line !== 'object' || Object.keys(line).length !== 1) return altered(place, 'la ligne est illisible');
    if (line.preau_proof && !opening) {
      opening = line.preau_proof;
      if (opening.version !== 1 && opening.version !== 2) return altered(place, 'cette version est inconnue de ce vérificateur');
      head = { seance: opening.seance.id, seq: 0, hash: '0'.repeat(64) };
      chain = { seance: head.seance, number: 0, hash: head.hash };
    } else if (line.record && opening && !kept.length && !beside && !presence) {
      const why = await flaw(line.record, head).catch(() => 'la ligne est illisible');
      if (why) return altered(place, why);
      records.push(line.record);
      head = { ...head, seq: line.record.seq, hash: line.record.hash };
    } else if (line.kept && opening && !beside && !presence) {
      kept.push(line.kept);
    } else if (line.adjustment && opening && !presence) {
      beside = true;
      const why = await misfit(line.adjustment, chain).catch(() => 'la ligne est illisible');
      if (why) return altered(['la correction {0}', chain.number + 1], why);
      corrections.push(line.adjustment);
      chain = { ...chain, number: line.adjustment.number, hash: line.adjustment.link.hash };
    } else if ((line.enrolled || line.author || line.half_day || line.signature) && opening && !presence) {
      beside = true;
    } else if (line.presence && opening && !presence) {
      presence = line.presence;
    } else if (line.seal && presence) {
      if (JSON.stringify(line) !== text) return altered(place, 'il n’est pas écrit comme il a été scellé');
      closing = line.seal;
      content = from;
    } else {
      return altered(place, 'une ligne n’est pas à sa place');
    }
    from = end + 1;
  }
  if (!closing) return { state: 'truncated', records: records.length };
  const { seance } = head;
  const whole = statement(seance, closing.head);
  const fits = (await signed(closing.head.key, closing.head.signature, whole))
    && (await signed(closing.head.key, closing.signature, `${whole}${closing.content}\n`));
  if (!fits) return altered('le sceau', 'sa signature n’est pas la bonne');
  if (closing.head.seq > head.seq) return { state: 'truncated', records: head.seq };
  if (closing.head.seq < head.seq || closing.head.hash !== head.hash) {
    return altered(['l’enregistrement {0}', closing.head.seq], 'le journal ne finit pas comme il a été scellé');
  }
  for (const seal of kept) {
    if (!(await signed(seal.key, seal.signature, statement(seance, seal))) || records[seal.seq - 1]?.hash !== seal.hash) {
      return altered(['l’enregistrement {0}', seal.seq], 'il ne correspond pas au sceau posé à ce moment');
    }
  }
  const keys = new Set([...kept.map((seal) => seal.key), closing.head.key]);
  const foreign = corrections.find(({ link }) => !keys.has(link.key));
  if (foreign) return altered(['la correction {0}', foreign.number], 'elle a été signée avec une autre clé');
  if ((await sha256(bytes.subarray(0, content))) !== closing.content) {
    return altered('la première ligne, les inscriptions ou la présence', 'ce ne sont pas les octets scellés');
  }
  return { state: 'intact', records: records.length, corrections: corrections.length, opening, presence, seal: closing.head };
}

const element = (name, text, attributes = {}) => {
  const made = Object.assign(document.createElement(name), { textContent: text ?? '' });
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const TITLES = { intact: '✓ Intact', altered: '✕ Altéré', truncated: '✕ Tronqué' };
const CAPACITY = { formateur: 'formateur', gestionnaire: 'gestionnaire de formation', administrateur: 'administrateur de la plateforme' };
const STATUS = { present: 'Présent', absent: 'Absent', non_suivi: 'Non suivi', seance_annulee: 'Séance annulée', excuse: 'Excusé' };
const ROLES = { trainer: 'Formateur', speaker: 'Intervenant', participant: 'Participant' };

/** What people decided, when it is not what was computed. */
function decision(row) {
  if (!row.decided || row.origin === 'auto') return '';
  const minutes = row.declaredMin == null ? '' : say(' ({0} min déclarées)', row.declaredMin);
  return `${say(STATUS[row.decided] ?? row.decided)}${minutes}`;
}

/** `3 h`, `3 h 30`. */
const length = (minutes) => [Math.floor(minutes / 60), 'h', ...(minutes % 60 ? [String(minutes % 60).padStart(2, '0')] : [])].join('\u202f');
/** A calendar day, in words. */
const day = (date) => new Date(`${date}T12:00:00Z`).toLocaleDateString(locale(), { dateStyle: 'long', timeZone: 'UTC' }).replace(/^1 /, '1er ');
const period = (starts, ends) => (starts === ends ? day(starts) : say('du {0} au {1}', day(starts), day(ends)));

/** The facts of an attestation that holds together. */
function receiptFacts({ line, public_key: key }) {
  const part = (told, minutes) => (!told ? say('non attestée') : minutes === null ? say('attestée, durée non renseignée')
    : say('attestée, durée annoncée {0}', length(minutes)));
  const at = new Date(line.at).toLocaleString(locale(), { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/Paris' });
  return [['Attestation', line.number], ['Personne', `${line.firstName} ${line.lastName}`], ['Formation', line.identifiant ? `${line.title} (${line.identifiant})` : line.title],
    ['Dates', period(line.startsOn, line.endsOn)], ['À distance', part(line.attested.distance, line.distance)],
    ['En présence', part(line.attested.presence, line.presence)], ['Attestée par', `${line.by}, ${say(CAPACITY[line.capacity] ?? line.capacity)}`],
    ['Le', say('{0} (heure de Paris)', at)], ['Clé publique', key]];
}

/** Names and values. */
function listed(items) {
  const list = element('dl');
  for (const [name, value] of items) list.append(element('dt', say(name)), element('dd', value));
  return list;
}

function showReceipt(found, box) {
  box.append(element('p', say('Ce reçu est celui que le serveur a signé.')), listed(receiptFacts(found.receipt)),
    element('p', say('Comparez la clé publique avec celle que publie l’organisateur. Un reçu ne dit pas si l’attestation a été retirée depuis : le code imprimé sur l’attestation le dit, en ligne.'), { class: 'soft' }));
}

function showBundle(found, box) {
  const { seance } = found.opening;
  const date = (at) => new Date(at).toLocaleString(locale(), { dateStyle: 'long', timeStyle: 'short', timeZone: seance.time_zone });
  box.append(element('p', say('Rien n’a été changé depuis que le serveur a scellé ce dossier.')), listed([['Séance', seance.title],
    ['Début annoncé', `${date(seance.starts_at)} (${seance.time_zone})`], ['Enregistrements', found.records.toLocaleString(locale())],
    ['Corrections', found.corrections.toLocaleString(locale())], ['Scellé le', date(found.seal.at)], ['Clé publique', found.seal.key]]),
  element('p', say('Comparez la clé publique avec celle que publie l’organisateur : un autre serveur signerait avec une autre clé.'), { class: 'soft' }));
}

let shown;
function show(found, name) {
  shown = [found, name];
  const box = element('section', '', { class: `verdict ${found.state}`, 'data-file': name });
  box.append(element('h2', say(TITLES[found.state])));
  if (found.receipt) showReceipt(found, box);
  else if (found.state === 'intact') showBundle(found, box);
  else if (found.state === 'altered') {
    box.append(element('p', say('Ce fichier a été modifié : {0}, {1}.', say(...[found.part].flat()), say(found.why))), element('p', say('Il ne prouve rien. Demandez-en un nouvel exemplaire à l’organisateur.')));
  } else {
    box.append(element('p', say('La fin manque : le dossier s’arrête après l’enregistrement {0}.', found.records)), element('p', say('Téléchargez-le de nouveau, ou demandez-en un autre exemplaire.')));
  }
  document.getElementById('verdict').replaceChildren(box);
  const table = document.getElementById('presence');
  table.replaceChildren();
  if (found.state === 'intact' && !found.receipt && found.presence.rows.length) table.append(presenceOf(found.presence));
}

function presenceOf({ rows, thresholdMin, closed }) {
  const grid = element('table');
  const head = element('tr');
  for (const [name, kind] of [['Nom'], ['Rôle'], ['Minutes', 'number'], ['Statut calculé'], ['Décision']]) head.append(element('th', say(name), kind ? { scope: 'col', class: kind } : { scope: 'col' }));
  const caption = say('Présence, seuil {0} min', thresholdMin) + (closed ? '' : say(' (provisoire : la séance n’était pas finie)'));
  grid.append(element('caption', caption), element('thead'), element('tbody'));
  grid.tHead.append(head);
  for (const row of rows) {
    const line = element('tr');
    line.append(element('td', row.name || say('(nom effacé)')), element('td', say(ROLES[row.role] ?? row.role)), element('td', row.minutes, { class: 'number' }), element('td', say(STATUS[row.status] ?? row.status)), element('td', decision(row)));
    grid.tBodies[0].append(line);
  }
  const scroll = element('div', '', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': say('Présence') });
  scroll.append(grid);
  return scroll;
}

async function check(file) {
  if (!file) return;
  document.getElementById('verdict').replaceChildren(element('p', say('Vérification en cours…')));
  try {
    const buffer = await file.arrayBuffer();
    const text = new TextDecoder().decode(buffer);
    const receipt = text.trimStart().startsWith('{"preau_receipt":');
    show(receipt ? await verifyReceipt(text) : await verify(buffer), file.name);
  } catch (error) {
    const missing = error?.name === 'NotSupportedError';
    document.getElementById('verdict').replaceChildren(element('p', missing
      ? say('Ce navigateur ne sait pas vérifier les signatures Ed25519. Ouvrez ce fichier avec une version récente de Firefox, de Chrome ou de Safari.')
      : say('Ce fichier n’a pas pu être lu ({0}).', error?.message ?? error)));
  }
}

/** The same page in the other language, what was found included. */
function turn() {
  english = !english;
  document.documentElement.lang = english ? 'en' : 'fr';
  document.title = say('Vérificateur de preuves – Préau');
  for (const [at, place] of document.querySelectorAll('[data-say]').entries()) place.textContent = say(FIXED[at]);
  Object.assign(document.getElementById('language'), english ? { textContent: 'Français', lang: 'fr' } : { textContent: 'English', lang: 'en' });
  if (shown) show(...shown);
}
const FIXED = [...document.querySelectorAll('[data-say]')].map((place) => place.textContent);
document.getElementById('language').addEventListener('click', turn);
document.getElementById('file').addEventListener('change', (event) => check(event.target.files[0]));
const drop = document.getElementById('drop');
drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
drop.addEventListener('dragleave', () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => { event.preventDefault(); drop.classList.remove('over'); check(event.dataTransfer.files[0]); });
