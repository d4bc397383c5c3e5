#pragma once

namespace fairlead {

// Bytes that the kernel holds and the peer has not acknowledged (SIOCOUTQ, tcp(7)); it falls as the peer reads, long
// before the socket is writable again. 0 when the socket is gone. Does not block; any thread.
int unread_bytes(int socket);

}  // namespace fairlead
