// Checks credentials with Digital Bazaar's implementation, which shares nothing with the one that signed them.
//
// Reads one JSON object from standard input: {contexts, documents, issuer, schema, cases}. `contexts` are pinned context files by
// address, `schema` is 1EdTech's, `documents` everything else that may be loaded (did.json by its DID, status lists by their address); nothing comes from
// a network. A case is {name, credential, now}, with `documents` of its own
// where other ones are served by then; one with `tamper` has every leaf changed, and every member taken away, in turn.
// Writes one JSON array of {name, verdict, why} to standard output, a tampered case with `changes` and `missed` too.

import * as vc from '@digitalbazaar/vc';
import Ajv2019 from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {readFileSync} from 'node:fs';

const given = JSON.parse(readFileSync(0, 'utf8'));
const suite = new DataIntegrityProof({cryptosuite});
let documents = given.documents;
const validate = schemaOf(given.schema);

function schemaOf(schema) {
  const ajv = new Ajv2019({strict: false, allErrors: true, validateFormats: true});
  addFormats(ajv);
  return ajv.compile(schema);
}

async function documentLoader(url) {
  const context = given.contexts[url];
  if (context) return {contextUrl: null, documentUrl: url, document: context, tag: 'static'};
  const [did, fragment] = url.split('#');
  const found = documents[did];
  if (!found) throw new Error(`nothing is known of ${url}`);
  if (!fragment || !found.verificationMethod) return {contextUrl: null, documentUrl: url, document: found};
  const method = found.verificationMethod.find(each => each.id === url);
  if (!method) throw new Error(`the issuer's document has no ${url}`);
  return {contextUrl: null, documentUrl: url, document: {'@context': 'https://w3id.org/security/multikey/v1', ...method}};
}

// `checkStatus` says "verified" of a revoked credential too: whether the bit is set stands in its results.
async function isRevoked(credential) {
  const checked = await checkStatus({
    credential, documentLoader, suite, verifyBitstringStatusListCredential: true, verifyMatchingIssuers: false,
  });
  if (!checked.verified) throw checked.error ?? new Error('the status list cannot be checked');
  return checked.results.some(each => each.status);
}

// What 1EdTech's validator looks for besides the schema, and the house's own rules.
function structure(credential) {
  const wrong = [];
  const must = (holds, says) => holds || wrong.push(says);
  const list = value => Array.isArray(value) && value.length > 0;
  const subject = credential.credentialSubject ?? {};
  const achievement = subject.achievement ?? {};
  must(credential['@context']?.[0] === 'https://www.w3.org/ns/credentials/v2', 'the first context is not VC 2.0');
  must(/\/ob\/v3p0\/context-3\.\d\.\d\.json$/.test(credential['@context']?.[1]), 'the second context is not Open Badges 3.0');
  must(credential.type?.includes('OpenBadgeCredential'), 'no OpenBadgeCredential');
  must(credential.issuer?.type?.includes?.('Profile') && credential.issuer.id === given.issuer, 'the issuer is no Profile of ours');
  must(subject.type?.includes('AchievementSubject') && /^urn:uuid:/.test(subject.id), 'the subject');
  for (const each of ['id', 'name', 'description']) must(typeof achievement[each] === 'string', `achievement.${each}`);
  must(list(achievement.type) && achievement.criteria?.narrative, 'achievement.type or criteria');
  must(list(credential.proof), 'the proof is no array');
  must(list(credential.credentialSchema) && list(credential.evidence), 'credentialSchema or evidence is no array');
  must(credential.credentialStatus?.id && /^\d+$/.test(credential.credentialStatus.statusListIndex), 'credentialStatus');
  for (const each of subject.identifier ?? []) must(each.identityType === 'name' && each.hashed === false, 'identifier');
  for (const each of subject.result ?? []) {
    must(achievement.resultDescription?.some(known => known.id === each.resultDescription), 'a result without description');
    must(each.value === undefined || typeof each.value === 'string', 'result.value is no string');
  }
  must(!/\+?60\d{8,10}|\d{6}-\d{2}-\d{4}/.test(JSON.stringify({...credential, proof: 0})), 'a phone or identity number');
  return wrong;
}

// A transcript (ClrCredential) is as good as its own signature and the worst credential in it.
function structureOfTranscript(transcript) {
  const wrong = [];
  const must = (holds, says) => holds || wrong.push(says);
  const within = transcript.credentialSubject?.verifiableCredential;
  must(transcript['@context']?.includes('https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json'), 'no CLR 2.0.1 context');
  must(transcript.issuer?.type?.includes?.('Profile') && typeof transcript.issuer.name === 'string', 'the issuer is no Profile');
  must(transcript.credentialSubject?.type?.includes?.('ClrSubject'), 'the subject is no ClrSubject');
  must(typeof transcript.name === 'string' && transcript.partial === true, 'name or partial');
  must(Array.isArray(within) && within.length > 0, 'nothing is in it');
  must(within?.every?.(each => each.credentialSubject?.id === transcript.credentialSubject.id), 'another learner');
  return wrong;
}

async function verdictOf(each, whole = true) {
  if (!each.credential.type?.includes?.('ClrCredential')) return verdictOfOne(each, whole);
  const wrong = structureOfTranscript(each.credential);
  if (wrong.length) return {verdict: 'misshapen', why: wrong.join('; ')};
  const own = await verdictOfOne(each, false);
  if (own.verdict !== 'valid') return own;
  for (const credential of each.credential.credentialSubject.verifiableCredential) {
    const found = await verdictOfOne({...each, credential}, whole);
    if (found.verdict !== 'valid') return found;
  }
  return own;
}

async function verdictOfOne({credential, now}, whole) {
  const {verified, error, results} = await vc.verifyCredential({
    credential, suite, documentLoader, now: new Date(now), checkStatus: async () => ({verified: true}),
  });
  if (!verified) {
    const told = [error?.message, ...(error?.errors ?? []).map(each => each.message), ...(results ?? []).map(each => each.error?.message)];
    const why = told.filter(Boolean).join(' | ') || 'not verified';
    return {verdict: /expired|validUntil/i.test(why) ? 'expired' : 'forged', why};
  }
  if (credential.issuer?.id !== given.issuer) return {verdict: 'forged', why: 'another issuer'};
  if (!whole) return {verdict: 'valid', why: ''};
  const wrong = structure(credential);
  if (!validate(credential)) wrong.push(...validate.errors.map(each => `${each.instancePath} ${each.message}`));
  if (wrong.length) return {verdict: 'misshapen', why: wrong.join('; ')};
  return await isRevoked(credential) ? {verdict: 'revoked', why: ''} : {verdict: 'valid', why: ''};
}

function* leavesOf(value, path = []) {
  if (value !== null && typeof value === 'object') {
    for (const [name, below] of Object.entries(value)) yield* leavesOf(below, [...path, name]);
  } else yield path;
}

function* membersOf(value, path = []) {
  if (value === null || typeof value !== 'object') return;
  for (const [name, below] of Object.entries(value)) {
    yield [...path, name];
    yield* membersOf(below, [...path, name]);
  }
}

function changed(value) {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  return value.endsWith('x') ? `${value.slice(0, -1)}y` : `${value.slice(0, -1)}x`;
}

function without(document, path, change) {
  const copy = structuredClone(document);
  const around = path.slice(0, -1).reduce((found, name) => found[name], copy);
  const last = path.at(-1);
  if (change) around[last] = changed(around[last]);
  else if (Array.isArray(around)) around.splice(Number(last), 1);
  else delete around[last];
  return copy;
}

// Of the credentials in a transcript the first speaks for all; each of the others is only taken away whole.
const isTried = path => path[1] !== 'verifiableCredential' || path[2] === undefined || path[2] === '0' || path.length === 3;

async function tampered({credential, now}) {
  const changes = [
    ...[...leavesOf(credential)].filter(isTried).map(path => [`${path.join('.')} changed`, without(credential, path, true)]),
    ...[...membersOf(credential)].filter(isTried).map(path => [`${path.join('.')} taken away`, without(credential, path, false)]),
    ['a term added', {...credential, honours: 'first class'}],
    ['her name added', {...credential, credentialSubject: {...credential.credentialSubject, name: 'Somebody Else'}}],
  ];
  const missed = [];
  for (const [name, document] of changes) {
    const {verdict} = await verdictOf({credential: document, now}, false);
    if (verdict === 'valid') missed.push(name);
  }
  return {changes: changes.length, missed};
}

// What the library does about status lists asks the clock of the machine, and no caller can say otherwise: so it has the case's.
let moment = 0;
const clock = Date;
globalThis.Date = class extends clock {
  constructor(...given) { super(...(given.length ? given : [moment])); }
  static now() { return moment; }
};

const told = [];
for (const each of given.cases) {
  documents = {...given.documents, ...each.documents};
  moment = clock.parse(each.now);
  try {
    told.push({name: each.name, ...await verdictOf(each), ...(each.tamper ? await tampered(each) : {})});
  } catch (error) {
    told.push({name: each.name, verdict: 'unclear', why: String(error.message ?? error)});
  }
}
process.stdout.write(JSON.stringify(told));
