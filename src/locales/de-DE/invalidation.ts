import type { Catalogue } from '../catalogue.ts';

export const invalidation: Pick<Catalogue, 'invalidate' | 'remove' | 'cause' | 'journal'> = {
	invalidate: {
		title_all: 'Alles invalidieren?',
		title: '{name} invalidieren?',
		title_one: 'Diese Antwort invalidieren?',
		counting: 'Betroffene Einträge werden gezählt …',
		entries: '{count} Eintrag wird invalidiert. | {count} Einträge werden invalidiert.',
		none: 'Zurzeit ist kein Eintrag betroffen. Invalidieren verhindert trotzdem, dass gerade entstehende Antworten gespeichert werden.',
		cost: 'Die Antwort neu zu erzeugen kostet etwa {money}. | Die Antworten neu zu erzeugen kostet etwa {money}.',
		cost_unknown: 'Die Kosten für das Neuerzeugen sind unbekannt.',
		hits: 'Bisher hat der Cache damit {count} Anfrage gespart. | Bisher hat der Cache damit {count} Anfragen gespart.',
		bytes: 'Dadurch werden {bytes} frei.',
		type_word: 'Zum Bestätigen „{word}“ eingeben',
		word: 'alles',
		confirm: 'Invalidieren',
		confirm_count: '{count} Eintrag invalidieren | {count} Einträge invalidieren',
		done: '{count} Eintrag invalidiert | {count} Einträge invalidiert',
		done_none: 'Kein Eintrag war betroffen',
		done_copy: '{name}: {bytes} freigegeben',
		failed: 'Invalidieren fehlgeschlagen: {message}',
		count_failed: 'Betroffene Einträge konnten nicht gezählt werden: {message}',
		everything: 'Alles',
	},
	remove: {
		title: 'Diesen Eintrag löschen? | {count} Einträge löschen?',
		copy: 'Die nächste passende Anfrage erzeugt eine neue Antwort für etwa {money}. | Die nächsten passenden Anfragen erzeugen neue Antworten für etwa {money}.',
		copy_unknown:
			'Die nächste passende Anfrage erzeugt eine neue Antwort. Die Kosten sind unbekannt. | Die nächsten passenden Anfragen erzeugen neue Antworten. Die Kosten sind unbekannt.',
		done: '{count} Eintrag gelöscht | {count} Einträge gelöscht',
		failed: 'Löschen fehlgeschlagen: {message}',
	},
	cause: {
		purge: 'Manuell',
		event: 'Inhalt geändert',
		model_update: 'Modell geändert',
		version: 'Version erhöht',
		outage: 'Nach einem Ausfall',
		refresh: 'Aktualisiert',
	},
	journal: {
		when: 'Zeit',
		cause: 'Ursache',
		what: 'Betroffen',
		entries: 'Einträge',
		by: 'Benutzer',
		empty: 'Noch nichts invalidiert',
		empty_copy:
			'Das Protokoll verzeichnet Inhaltsänderungen, Modelländerungen, manuelle Invalidierungen und Aktualisierungen.',
		everything: 'Alles',
		entry: 'Eintrag',
		more: 'Mehr anzeigen',
		system: 'Directus',
		detail: {
			command_line: 'Über die Befehlszeile',
			flow: 'Durch einen Flow',
			widened: 'Mehr als diese Kriterien: Redis hat den Index verdrängt, der die Einträge unterscheidet',
			selection: '{count} einzeln ausgewählter Eintrag | {count} einzeln ausgewählte Einträge',
			snapshot: '{model} antwortet mit {to} statt {from}',
			fingerprint: '{model} antwortet mit dem System-Fingerprint {to} statt {from}',
			outage:
				'{count} Invalidierung, durch einen Ausfall verzögert | {count} Invalidierungen, durch einen Ausfall verzögert',
			since: 'seit {time}',
			generated: '{count} Antwort für {money} aktualisiert | {count} Antworten für {money} aktualisiert',
			over_budget:
				'{count} Antwort nicht aktualisiert: Das Tagesbudget von {budget} ist verbraucht | {count} Antworten nicht aktualisiert: Das Tagesbudget von {budget} ist verbraucht',
			unpriced:
				'{count} Antwort nicht aktualisiert: AI_CACHE_PRICES enthält keinen Preis für das Modell | {count} Antworten nicht aktualisiert: AI_CACHE_PRICES enthält keinen Preis für das Modell',
			refused:
				'{count} Antwort nicht aktualisiert: Der ursprüngliche Aufrufer hat keinen Zugriff mehr | {count} Antworten nicht aktualisiert: Der ursprüngliche Aufrufer hat keinen Zugriff mehr',
			failed: '{count} fehlgeschlagen',
		},
	},
};
