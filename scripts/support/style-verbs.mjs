/** First words of function names that count as verbs, questions (`is`, `has`, `can`) among them. */
export const VERBS = new Set(
	`abort accept acknowledge acquire activate add adopt advance aggregate align allow announce answer append apply ask
	assemble assert assign attach authenticate authorize await batch begin bind block borrow bound break browse build bypass
	calculate call can cancel capture carry change charge check choose clamp classify clean clear clip clone close coalesce
	collapse collect combine commit compare compile complete compress compute confirm connect consume contain convert copy
	correct count cover create cut deactivate debounce decide declare decode decompress decorate defer define delay delete
	deliver demand deny depend derive describe deserialize destroy detect determine differ disable discard disconnect dismiss
	dispatch dispose distribute divide do does download drain draw drop dump edit emit enable encode end enqueue ensure enter
	enumerate escape estimate evaluate evict exceed exclude execute exit expand expect expire explain export extend extract
	fail fall feed fetch fill filter find finish fit flatten flip flush focus fold follow forget form format forward
	free gather generate get give go grant group grow guard guess handle has hash hide hold identify ignore import include
	increase increment index infer inform inherit init insert inspect install interpolate intersect invalidate invoke is
	iterate join jump keep label launch lay lead leave let lift limit link list listen load localize locate lock log look lower
	make manage map mark match may measure merge migrate mix monitor mount move multiply must name navigate need negotiate
	normalize note notify observe obtain offer omit open order outlive overwrite pack pad parse partition pass patch pause
	peek perform permit persist pick pipe place plan point poll pop populate post prefer prefix prepare prepend present
	preserve prevent print process produce promise propagate protect prove provide prune publish pull purge push put
	query queue quote raise rank rate read rebuild receive recheck reclaim recognize reconnect record recover redact redirect
	reduce refer refill refresh refuse regenerate register reject relate release reload remember remove rename render renew
	repeat replace replay reply report represent request require rerun reschedule reserve reset resize resolve respond rest
	restart restore restrict resume retain retry retrieve return reuse reveal reverse revive revoke rewrite roll rotate round
	route run sample sanitize satisfy save scale scan schedule score scroll search seek select send separate serialize serve
	set settle shall share shift shorten should show shrink shut sign simulate skip sleep slice sort split spread start
	stay step stop store stream strip submit subscribe substitute subtract suggest sum supersede supply support suspend swap
	sweep switch sync synchronize take tally tell terminate test throttle throw tick toggle touch track transform translate
	trigger trim truncate try turn unlink unlock unmount unpack unquote unregister unsubscribe unwrap update upgrade upload
	use validate verify view visit wait wake walk warm warn was watch widen will wire withdraw works wrap write yield`.split(
		/\s+/,
	),
);
