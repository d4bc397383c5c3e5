#pragma once

#include "api/api.h"

// The routes of each theme, each in the file of its name.
namespace fairlead::api {

void add_account_routes(http::Routes& routes, Api& api);  // accounts.cpp: users
void add_session_routes(http::Routes& routes, Api& api);  // sessions.cpp: sessions, tickets, tokens
void add_room_routes(http::Routes& routes, Api& api);     // rooms.cpp
void add_member_routes(http::Routes& routes, Api& api);   // members.cpp
void add_message_routes(http::Routes& routes, Api& api);  // messages.cpp
void add_search_routes(http::Routes& routes, Api& api);   // search.cpp
void add_live_routes(http::Routes& routes, Api& api);     // live.cpp: typing, presence, sync
void add_server_routes(http::Routes& routes, Api& api);   // server.cpp: with an API key
void add_operator_routes(http::Routes& routes,
                         Api& api);  // operators.cpp: healthz, readyz, metrics

}  // namespace fairlead::api
