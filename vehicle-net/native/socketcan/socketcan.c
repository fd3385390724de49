// PF_CAN sockets on libuv's loop: batches of datagrams in and out, errno as the kernel says it. What is in a datagram, a
// socket option or an address is packed by TypeScript (src/can/socketcan), where it can be tested without a kernel.
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { BATCH = 64, TRAILER = 16, PF_CAN_DOMAIN = 29 };

// A slot is a payload of fixed size and a trailer: u32 length, u32 flags of recvmsg, f64 age in ms when it was read.
typedef struct { uint32_t length, flags; double age_ms; } Trailer;

typedef struct {
	uv_poll_t poll;
	int fd, events;
	napi_env env;
	napi_ref handlers, memory;
	uint8_t *slots;
	uint32_t payload, count;
	napi_async_cleanup_hook_handle cleanup;
} Socket;

static napi_value number(napi_env env, double value) {
	napi_value result;
	napi_create_double(env, value, &result);
	return result;
}

static int64_t integer(napi_env env, napi_value value) {
	int64_t result = 0;
	napi_get_value_int64(env, value, &result);
	return result;
}

static Socket *arguments(napi_env env, napi_callback_info info, napi_value *args, size_t count) {
	void *socket = NULL;
	napi_get_cb_info(env, info, &count, args, NULL, NULL);
	napi_get_value_external(env, args[0], &socket);
	return socket;
}

static void tell(Socket *socket, const char *event, double first, double second) {
	napi_env env = socket->env;
	napi_handle_scope scope;
	napi_open_handle_scope(env, &scope);
	napi_value handlers, handler, error, args[] = {number(env, first), number(env, second)};
	napi_get_reference_value(env, socket->handlers, &handlers);
	napi_get_named_property(env, handlers, event, &handler);
	if (napi_make_callback(env, NULL, handlers, handler, 2, args, NULL) == napi_pending_exception &&
		napi_get_and_clear_last_exception(env, &error) == napi_ok)
		napi_fatal_exception(env, error);
	napi_close_handle_scope(env, scope);
}

static Trailer *slot(uint8_t *slots, uint32_t payload, uint32_t index, struct iovec *data) {
	data->iov_base = slots + (size_t)index * (payload + TRAILER);
	data->iov_len = payload;
	return (Trailer *)((uint8_t *)data->iov_base + payload);
}

static void receive(Socket *socket) {
	struct mmsghdr messages[BATCH] = {0};
	struct iovec data[BATCH];
	char control[BATCH][64];
	for (uint32_t i = 0; i < socket->count; i++) {
		slot(socket->slots, socket->payload, i, &data[i]);
		messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &data[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i]};
	}
	int received = recvmmsg(socket->fd, messages, socket->count, MSG_DONTWAIT, NULL);
	if (received < 0) {
		if (errno != EAGAIN && errno != EINTR) tell(socket, "failed", errno, 0);
		return;
	}
	struct timespec now, stamp;
	clock_gettime(CLOCK_REALTIME, &now);
	uint32_t dropped = 0;
	for (int i = 0; i < received; i++) {
		Trailer *trailer = slot(socket->slots, socket->payload, i, &data[i]);
		*trailer = (Trailer){messages[i].msg_len, messages[i].msg_hdr.msg_flags, 0};
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&messages[i].msg_hdr); c; c = CMSG_NXTHDR(&messages[i].msg_hdr, c)) {
			if (c->cmsg_level != SOL_SOCKET) continue;
			if (c->cmsg_type == SO_RXQ_OVFL) memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
			if (c->cmsg_type != SO_TIMESTAMPNS) continue;
			memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
			trailer->age_ms = (now.tv_sec - stamp.tv_sec) * 1e3 + (now.tv_nsec - stamp.tv_nsec) / 1e6;
		}
	}
	if (received > 0) tell(socket, "received", received, dropped);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(Socket *socket, int events) {
	socket->events = events;
	uv_poll_start(&socket->poll, events, on_poll);
}

static void on_poll(uv_poll_t *poll, int status, int events) {
	Socket *socket = poll->data;
	if (status < 0) {  // POLLERR: libuv has stopped watching, and reading SO_ERROR clears the error.
		int error = 0;
		socklen_t length = sizeof error;
		getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &length);
		watch(socket, socket->events);
		tell(socket, "failed", error, 0);
		return;
	}
	if (events & UV_READABLE) receive(socket);
	if ((events & UV_WRITABLE) && socket->fd >= 0) {
		watch(socket, UV_READABLE);
		tell(socket, "writable", 0, 0);
	}
}

static void on_closed(uv_handle_t *handle) {
	Socket *socket = handle->data;
	napi_remove_async_cleanup_hook(socket->cleanup);
	free(socket);
}

static void shut(Socket *socket) {
	if (socket->fd < 0) return;
	uv_poll_stop(&socket->poll);
	close(socket->fd);
	socket->fd = -1;
	uv_close((uv_handle_t *)&socket->poll, on_closed);
}

static void on_environment_end(napi_async_cleanup_hook_handle handle, void *socket) { (void)handle, shut(socket); }

// open(type, protocol, memory, payload, handlers) → socket | −errno
static napi_value open_socket(napi_env env, napi_callback_info info) {
	napi_value args[5], result;
	arguments(env, info, args, 5);
	int type = integer(env, args[0]) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(PF_CAN_DOMAIN, type, integer(env, args[1]));
	if (fd < 0) return number(env, -errno);
	size_t bytes;
	uv_loop_t *loop;
	Socket *opened = calloc(1, sizeof *opened);
	opened->fd = fd;
	opened->env = env;
	opened->payload = integer(env, args[3]);
	napi_get_arraybuffer_info(env, args[2], (void **)&opened->slots, &bytes);
	opened->count = bytes / (opened->payload + TRAILER) < BATCH ? bytes / (opened->payload + TRAILER) : BATCH;
	napi_create_reference(env, args[2], 1, &opened->memory);
	napi_create_reference(env, args[4], 1, &opened->handlers);
	napi_get_uv_event_loop(env, &loop);
	uv_poll_init(loop, &opened->poll, fd);
	opened->poll.data = opened;
	napi_add_async_cleanup_hook(env, on_environment_end, opened, &opened->cleanup);
	napi_create_external(env, opened, NULL, NULL, &result);
	return result;
}

// setOption(socket, level, name, bytes) → 0 | −errno
static napi_value set_option(napi_env env, napi_callback_info info) {
	napi_value args[4];
	Socket *socket = arguments(env, info, args, 4);
	void *value;
	size_t length;
	napi_get_typedarray_info(env, args[3], NULL, &length, &value, NULL, NULL);
	int status = setsockopt(socket->fd, integer(env, args[1]), integer(env, args[2]), value, length);
	return number(env, status < 0 ? -errno : 0);
}

// bind(socket, address) → 0 | −errno; from here on the handlers are called
static napi_value bind_socket(napi_env env, napi_callback_info info) {
	napi_value args[2];
	Socket *socket = arguments(env, info, args, 2);
	void *address;
	size_t length;
	napi_get_typedarray_info(env, args[1], NULL, &length, &address, NULL, NULL);
	if (bind(socket->fd, address, length) < 0) return number(env, -errno);
	watch(socket, UV_READABLE);
	return number(env, 0);
}

// send(socket, memory, count) → how many the kernel took | −errno of the first
static napi_value send_batch(napi_env env, napi_callback_info info) {
	napi_value args[3];
	Socket *socket = arguments(env, info, args, 3);
	struct mmsghdr messages[BATCH] = {0};
	struct iovec data[BATCH];
	void *slots;
	napi_get_arraybuffer_info(env, args[1], &slots, NULL);
	uint32_t count = integer(env, args[2]);
	for (uint32_t i = 0; i < count && i < BATCH; i++) {
		data[i].iov_len = slot(slots, socket->payload, i, &data[i])->length;
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &data[i], .msg_iovlen = 1};
	}
	int sent = sendmmsg(socket->fd, messages, count < BATCH ? count : BATCH, MSG_DONTWAIT);
	return number(env, sent < 0 ? -errno : sent);
}

// awaitWritable(socket): `writable` is called once
static napi_value await_writable(napi_env env, napi_callback_info info) {
	napi_value args[1];
	watch(arguments(env, info, args, 1), UV_READABLE | UV_WRITABLE);
	return NULL;
}

// close(socket); the socket must not be used again
static napi_value close_socket(napi_env env, napi_callback_info info) {
	napi_value args[1];
	Socket *socket = arguments(env, info, args, 1);
	napi_delete_reference(env, socket->memory);
	napi_delete_reference(env, socket->handlers);
	shut(socket);
	return NULL;
}

// interfaceIndex(name) → index | −errno
static napi_value interface_index(napi_env env, napi_callback_info info) {
	napi_value args[1];
	char name[IF_NAMESIZE];
	arguments(env, info, args, 1);
	napi_get_value_string_utf8(env, args[0], name, sizeof name, NULL);
	unsigned index = if_nametoindex(name);
	return number(env, index == 0 ? -errno : (double)index);
}

NAPI_MODULE_INIT() {
	const struct { const char *name; napi_callback call; } functions[] = {
		{"open", open_socket}, {"setOption", set_option}, {"bind", bind_socket}, {"send", send_batch},
		{"awaitWritable", await_writable}, {"close", close_socket}, {"interfaceIndex", interface_index}};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		napi_value function;
		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].call, NULL, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
