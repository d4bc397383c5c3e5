#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

namespace fairlead {

// send(2) that does not block and raises no signal: how many bytes the kernel took, or -1 with
// errno. Not a point of thread cancellation: glibc pays for that with two atomic operations a call,
// which shows when it is all one does.
ssize_t send_now(int socket, std::string_view bytes);

// recv(2) that does not block, likewise. 0: the peer has closed.
ssize_t receive_now(int socket, std::span<char> buffer);

// Bytes that the kernel holds and the peer has not acknowledged (SIOCOUTQ, tcp(7)); it falls as the
// peer reads, long before the socket is writable again. 0 when the socket is gone. Does not block;
// any thread.
int unread_bytes(int socket);

// Whether the peer is on this host, at the other end of a Unix socket.
bool has_local_peer(int socket);

// The same, and it has unread bytes there.
bool local_peer_has_unread(int socket);

}  // namespace fairlead
