"""The operations of ServaloDesk that are served: a row each, in the contract's order."""

from __future__ import annotations

from auth.allow import PUBLIC, SIGNED_IN, may
from auth.permissions import Permission
from auth.revoke_api_key import revoke_api_key
from core.appointments.book import book
from core.appointments.cancel import cancel
from core.directory.archive_client import archive_client
from core.directory.archive_provider import archive_provider
from core.directory.close_business import close_business
from core.directory.create_client import create_client
from core.directory.create_provider import create_provider
from core.directory.reads import ALIVE
from core.directory.update_business import update_business
from core.directory.update_client import update_client
from core.directory.update_provider import update_provider
from core.kernel.reading import Order
from core.waitlist.change import change_waitlist_entry
from core.waitlist.join import join_waitlist
from core.waitlist.leave import leave_waitlist
from rest_compat.engine.route import Every, Listed, One, Paged, Route
from rest_compat.servalodesk.answers import (
    API_KEY,
    APPOINTMENT,
    ARTIST,
    ARTIST_PROFILE,
    AVAILABILITY,
    CALLED_OFF,
    CLIENT,
    LISTED_CLIENT,
    NEW_API_KEY_SHOWN,
    REFRESHED,
    REGISTERED,
    SESSION,
    SETTLED,
    STUDIO,
    STUDIO_STATS,
)
from rest_compat.servalodesk.functions import (
    call_off,
    change_appointment,
    confirm_appointment,
    figures,
    list_api_keys,
    login,
    make_api_key,
    note_absence,
    open_studio,
    register,
    renew,
    slots,
    studio_of_artist,
)
from rest_compat.servalodesk.requests import (
    ABSENCE,
    APPOINTMENT_BY_ID,
    APPOINTMENT_FILTERS,
    ARTIST_BY_ID,
    ARTIST_BY_SLUG,
    CANCELLATION,
    CHANGED_APPOINTMENT,
    CHANGED_ARTIST,
    CHANGED_CLIENT,
    CHANGED_STUDIO,
    CLIENT_BY_ID,
    CLIENT_FILTERS,
    CLOSURE,
    CONFIRMATION,
    CREDENTIALS,
    GONE_API_KEY,
    GONE_APPOINTMENT,
    GONE_ARTIST,
    GONE_CLIENT,
    NEW_API_KEY,
    NEW_APPOINTMENT,
    NEW_ARTIST,
    NEW_CLIENT,
    NEW_STUDIO,
    PERIOD,
    REFRESH_TOKEN,
    REGISTRATION,
    WANTED_SLOTS,
)
from rest_compat.servalodesk.waitlist import (
    CHANGED_ENTRY,
    CLAIMED,
    ENTRY,
    ENTRY_BY_ID,
    ENTRY_FILTERS,
    GONE_ENTRY,
    NEW_ENTRY,
    NEW_OFFER,
    OFFERED,
    TOKEN,
    claim_offer,
    offer_slot,
    studio_of_offer,
)
from rest_compat.servalodesk.webhook_endpoints import (
    CHANGED_ENDPOINT,
    ENDPOINT,
    ENDPOINT_WITH_SECRET,
    GONE_ENDPOINT,
    NEW_ENDPOINT,
    OURS,
    change_endpoint,
    drop_endpoint,
    make_endpoint,
)

NEWEST_FIRST = Order("created_at", descending=True)
BY_START = Order("starts_at")
OLDEST_FIRST = Order("joined_at")

SEE_STUDIO, RUN_STUDIO = may(Permission.BUSINESS_READ), may(Permission.BUSINESS_WRITE)
SEE_STATS = may(Permission.STATS_READ)
SEE_ARTISTS, RUN_ARTISTS = may(Permission.PROVIDERS_READ), may(Permission.PROVIDERS_WRITE)
SEE_CLIENTS, RUN_CLIENTS = may(Permission.CLIENTS_READ), may(Permission.CLIENTS_WRITE)
# An appointment shows its client: whoever may see the board alone does not see it here.
SEE_BOOK, RUN_BOOK = may(Permission.CLIENTS_READ), may(Permission.APPOINTMENTS_WRITE)
SEE_KEYS, RUN_KEYS = may(Permission.API_KEYS_READ), may(Permission.API_KEYS_WRITE)
SEE_WEBHOOKS, RUN_WEBHOOKS = may(Permission.WEBHOOKS_READ), may(Permission.WEBHOOKS_WRITE)

# fmt: off
ROUTES = (
    Route("POST",   "/v1/auth/register",             register,                   takes=REGISTRATION, gives=REGISTERED, allow=PUBLIC),
    Route("POST",   "/v1/auth/login",                login,                      takes=CREDENTIALS, gives=SESSION, allow=PUBLIC),
    Route("POST",   "/v1/auth/refresh",              renew,                      takes=REFRESH_TOKEN, gives=REFRESHED, allow=PUBLIC),
    Route("GET",    "/v1/studio",                    One(),                      gives=STUDIO, allow=SEE_STUDIO),
    Route("GET",    "/v1/studio/stats",              figures,                    takes=PERIOD, gives=STUDIO_STATS, allow=SEE_STATS),
    Route("POST",   "/v1/studio",                    open_studio,                takes=NEW_STUDIO, gives=STUDIO, status=201, allow=SIGNED_IN),
    Route("PATCH",  "/v1/studio",                    update_business,            takes=CHANGED_STUDIO, gives=STUDIO, allow=RUN_STUDIO),
    Route("DELETE", "/v1/studio",                    close_business,             takes=CLOSURE, status=204, allow=RUN_STUDIO),
    Route("GET",    "/v1/artists",                   Every(where=ALIVE),         gives=ARTIST, allow=SEE_ARTISTS),
    Route("GET",    "/v1/artists/{id}/availability", slots,                      takes=WANTED_SLOTS, gives=AVAILABILITY, allow=SEE_ARTISTS),
    Route("GET",    "/v1/artists/{slug}/profile",    One(ALIVE),                 takes=ARTIST_BY_SLUG, gives=ARTIST_PROFILE, allow=PUBLIC, business=studio_of_artist),
    Route("POST",   "/v1/artists",                   create_provider,            takes=NEW_ARTIST, gives=ARTIST, status=201, allow=RUN_ARTISTS),
    Route("GET",    "/v1/artists/{id}",              One(ALIVE),                 takes=ARTIST_BY_ID, gives=ARTIST, allow=SEE_ARTISTS),
    Route("PATCH",  "/v1/artists/{id}",              update_provider,            takes=CHANGED_ARTIST, gives=ARTIST, allow=RUN_ARTISTS),
    Route("DELETE", "/v1/artists/{id}",              archive_provider,           takes=GONE_ARTIST, status=204, allow=RUN_ARTISTS),
    Route("GET",    "/v1/clients",                   Paged(NEWEST_FIRST, ALIVE), takes=CLIENT_FILTERS, gives=LISTED_CLIENT, allow=SEE_CLIENTS),
    Route("POST",   "/v1/clients",                   create_client,              takes=NEW_CLIENT, gives=CLIENT, status=201, allow=RUN_CLIENTS),
    Route("GET",    "/v1/clients/{id}",              One(ALIVE),                 takes=CLIENT_BY_ID, gives=CLIENT, allow=SEE_CLIENTS),
    Route("PATCH",  "/v1/clients/{id}",              update_client,              takes=CHANGED_CLIENT, gives=CLIENT, allow=RUN_CLIENTS),
    Route("DELETE", "/v1/clients/{id}",              archive_client,             takes=GONE_CLIENT, status=204, allow=RUN_CLIENTS),
    Route("POST",   "/v1/appointments",              book,                       takes=NEW_APPOINTMENT, gives=APPOINTMENT, status=201, allow=RUN_BOOK),
    Route("POST",   "/v1/appointments/{id}/confirm", confirm_appointment,        takes=CONFIRMATION, gives=SETTLED, allow=RUN_BOOK),
    Route("POST",   "/v1/appointments/{id}/no-show", note_absence,               takes=ABSENCE, gives=SETTLED, allow=RUN_BOOK),
    Route("GET",    "/v1/appointments",              Paged(BY_START),            takes=APPOINTMENT_FILTERS, gives=APPOINTMENT, allow=SEE_BOOK),
    Route("GET",    "/v1/appointments/{id}",         One(),                      takes=APPOINTMENT_BY_ID, gives=APPOINTMENT, allow=SEE_BOOK),
    Route("PATCH",  "/v1/appointments/{id}",         change_appointment,         takes=CHANGED_APPOINTMENT, gives=APPOINTMENT, allow=RUN_BOOK),
    Route("DELETE", "/v1/appointments/{id}",         cancel,                     takes=GONE_APPOINTMENT, status=204, allow=RUN_BOOK),
    Route("POST",   "/v1/appointments/{id}/cancel",  call_off,                   takes=CANCELLATION, gives=CALLED_OFF, allow=RUN_BOOK),
    Route("POST",   "/v1/waitlist/{id}/offer",       offer_slot,                 takes=NEW_OFFER, gives=OFFERED, allow=RUN_BOOK),
    Route("GET",    "/v1/waitlist",                  Paged(OLDEST_FIRST),        takes=ENTRY_FILTERS, gives=ENTRY, allow=SEE_BOOK),
    Route("POST",   "/v1/waitlist",                  join_waitlist,              takes=NEW_ENTRY, gives=ENTRY, status=201, allow=RUN_BOOK),
    Route("GET",    "/v1/waitlist/{id}",             One(),                      takes=ENTRY_BY_ID, gives=ENTRY, allow=SEE_BOOK),
    Route("PATCH",  "/v1/waitlist/{id}",             change_waitlist_entry,      takes=CHANGED_ENTRY, gives=ENTRY, allow=RUN_BOOK),
    Route("DELETE", "/v1/waitlist/{id}",             leave_waitlist,             takes=GONE_ENTRY, status=204, allow=RUN_BOOK),
    Route("POST",   "/v1/waitlist/offers/{token}/claim", claim_offer,            takes=TOKEN, gives=CLAIMED, allow=PUBLIC, business=studio_of_offer),
    Route("GET",    "/v1/api-keys",                  list_api_keys,              gives=Listed(API_KEY), allow=SEE_KEYS),
    Route("POST",   "/v1/api-keys",                  make_api_key,               takes=NEW_API_KEY, gives=NEW_API_KEY_SHOWN, status=201, allow=RUN_KEYS),
    Route("DELETE", "/v1/api-keys/{id}",             revoke_api_key,             takes=GONE_API_KEY, status=204, allow=RUN_KEYS),
    Route("GET",    "/v1/webhook-endpoints",         Every(where=OURS),          gives=ENDPOINT, allow=SEE_WEBHOOKS),
    Route("POST",   "/v1/webhook-endpoints",         make_endpoint,              takes=NEW_ENDPOINT, gives=ENDPOINT_WITH_SECRET, status=201, allow=RUN_WEBHOOKS),
    Route("PATCH",  "/v1/webhook-endpoints/{id}",    change_endpoint,            takes=CHANGED_ENDPOINT, gives=ENDPOINT_WITH_SECRET, allow=RUN_WEBHOOKS),
    Route("DELETE", "/v1/webhook-endpoints/{id}",    drop_endpoint,              takes=GONE_ENDPOINT, status=204, allow=RUN_WEBHOOKS),
)
# fmt: on
