import type { Catalogue } from '../catalogue.ts';

export const overview: Pick<Catalogue, 'overview' | 'worth' | 'notes' | 'chart' | 'alert' | 'collections'> = {
	overview: {
		money: 'Geld gespart',
		tokens: 'Tokens gespart',
		time: 'Zeit gespart',
		stored: '{count} in diesem Zeitraum gespeichert',
		space: 'Speicher belegt',
		lookups_copy: '{count} Anfrage | {count} Anfragen',
		spent: '{money} ausgegeben',
		generated_copy: '{count} erzeugt',
		waiting: 'weniger Wartezeit',
		change: 'Verglichen mit dem vorigen Zeitraum: {change}',
		change_points: '{points} Punkte',
		change_none: 'Wie im vorigen Zeitraum',
		activity: 'Aktivität',
		no_activity: 'Keine Anfragen in diesem Zeitraum.',
		not_used: 'Noch nicht verwendet',
		not_used_period: 'In diesem Zeitraum nicht verwendet',
		no_key_copy: 'Um {provider} zu verwenden, setzen Sie {setting}',
		invalidate_all: 'Alles invalidieren',
		empty: 'Noch nichts im Cache',
		empty_copy:
			'Senden Sie Anfragen an {path}, oder verwenden Sie {base} als Basis-URL eines KI-SDKs. Dann erscheint hier die Ersparnis.',
		snapshot: 'Snapshot {snapshot}',
		version: 'Version {version}',
	},
	worth: {
		price_unknown: 'Preis unbekannt: in AI_CACHE_PRICES eintragen',
		usage_unknown: 'Der Anbieter hat keinen Tokenverbrauch gemeldet',
	},
	notes: {
		bypassed: '{count} Anfrage umging den Cache | {count} Anfragen umgingen den Cache',
		errors: '{count} Generierung fehlgeschlagen | {count} Generierungen fehlgeschlagen',
		without_usage: '{count} Treffer ohne Tokenverbrauch | {count} Treffer ohne Tokenverbrauch',
	},
	chart: {
		hits: 'Treffer',
		stale: 'Veraltet',
		misses: 'Fehltreffer',
		bypassed: 'Cache umgangen',
		hit_rate: 'Trefferquote',
		time: 'Zeit',
		show_table: 'Als Tabelle anzeigen',
		show_chart: 'Als Diagramm anzeigen',
		label: 'Treffer, Fehltreffer und veraltete Antworten im Zeitverlauf',
	},
	alert: {
		store_down:
			'Der Cache-Speicher ist nicht erreichbar. Generierungen gehen direkt an die Anbieter und werden voll berechnet.',
		store_down_redis: 'Prüfen Sie, ob Redis läuft und AI_CACHE_REDIS (oder REDIS) darauf zeigt.',
		breaker_open:
			'Der Speicher ist mehrmals ausgefallen, deshalb ist der Schutzschalter offen. Anfragen umgehen den Cache, bis der Speicher wieder antwortet.',
		pending: '{count} Invalidierung wartet auf den Speicher. | {count} Invalidierungen warten auf den Speicher.',
		no_keys:
			'Noch hat kein Anbieter einen API-Schlüssel. Setzen Sie {setting}, oder speichern Sie einen Schlüssel unter Einstellungen → KI.',
		snapshot:
			'{provider} antwortet für {model} jetzt mit {snapshot} (seit {date}). Gespeicherte Antworten des vorigen Snapshots bleiben, bis sie ablaufen.',
		snapshot_action: '{model} invalidieren',
		health_failed: 'Der Zustand des Caches konnte nicht geladen werden: {message}',
	},
	collections: {
		last_invalidation: 'Letzte Invalidierung',
		empty: 'Noch keine Sammlungen',
		empty_copy: 'Geben Sie in einer Anfrage eine Sammlung an. Dann erscheinen hier ihre Zahlen.',
	},
};
