/* account_export.c - all that is held about a person, to take away. */

#include "account/export.h"
#include "auth.h"
#include "base/clock.h"

enum status
export_own_account(struct request *rq, struct response *rs)
{
	struct view *view = view_new(rq->arena);
	enum status st;

	view_text(view, "exported_at", clock_rfc3339(rq->arena, clock_now()));
	st = export_account(
	    rq->db, rq->arena, rq->session->account.id, view->json);
	if (st != ST_OK)
		return st;
	response_header(
	    rs, "Content-Disposition", "attachment; filename=\"account.json\"");
	return response_document(rs, 200, "application/json", view);
}
