// SPDX-License-Identifier: GPL-2.0
/*
 * The write tap. Every completed write of one disk (or partition) marks its granules in the bitmap of the current generation and then,
 * as far as the rate allows, becomes records of a ring, in completion order. Every issued write marks a second bitmap: what a skipped
 * completion can have been. See docs/internals.md, "The tap", for the layout and for what the verifiers of old kernels forbid.
 *
 * Each tracepoint of a completion has two programs that share one body; the client attaches one of them. The first uses BTF loads only,
 * so that a locked-down kernel still marks; the second copies data.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "tap.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct tap_config config = {};
struct tap_control control = {};

#define READ_ONCE(x) (*(volatile typeof(x) *)&(x))
#define ADD(x, n) __sync_fetch_and_add(&(x), (n))

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} bits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tap_saved_state);
} saved_state SEC(".maps");

/* The client changes this slot to wait for all programs that are running (a map-in-map update does, by contract). */
struct barrier_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct barrier_inner);
} barrier SEC(".maps");

/* A bio as it was queued: drivers may advance it, split it and send it to other devices before it completes. */
struct queued_bio {
	u64 sector;
	u64 vec;
	u64 time;
	u32 bytes;
	u32 index;
	u32 done;
	u32 op;
};
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct queued_bio);
} queued SEC(".maps");

/*
 * Loop contexts. They live in per-CPU maps that the callbacks look up themselves: the verifier of 6.1 walks a bpf_loop callback once,
 * with the caller's known stack values, and removes as dead what these exclude. One for issue and one for completion, because a
 * completion can interrupt an issue on its own CPU; a program cannot interrupt itself (the kernel skips it, which the sums find).
 */
struct span {
	u64 first; /* granules, both inclusive */
	u64 last;
	u64 word; /* next to mark */
	u64 plane; /* first word of the plane */
};

struct completion {
	u64 request;
	u64 started;
	u64 completed;
	u64 position; /* next sector to deliver, of the whole disk */
	u64 first; /* the part inside the volume: from here ... */
	u64 end; /* ... to before here */
	u64 bio; /* next bio of the chain */
	u64 vec; /* pieces of the present bio */
	u64 index;
	u64 offset; /* into the present piece */
	u64 left; /* bytes of the present bio */
	u64 stop; /* why delivery of data ended early: STOP_* */
};
#define STOP_NO 0
#define STOP_NO_ROOM 1
#define STOP_UNREADABLE 2

#define PER_CPU(name, t)                              \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
		__uint(max_entries, 1);               \
		__type(key, u32);                     \
		__type(value, t);                     \
	} name SEC(".maps")

PER_CPU(issue_span, struct span);
PER_CPU(completion_span, struct span);
PER_CPU(completions, struct completion);

/* ---- marking ---- */

static __always_inline void or_word(u64 index, u64 mask)
{
	u32 key = index;
	u64 *word = bpf_map_lookup_elem(&bits, &key);

	if (!word) {
		ADD(control.beyond, 1);
		return;
	}
	/* A bit of a generation is cleared only after the generation has ended and its programs with it, so a set bit stays. */
	if ((READ_ONCE(*word) & mask) != mask)
		__sync_fetch_and_or(word, mask);
}

/* Marks the next word. Whole words, not bits: one discard can cover 4 GiB. Returns 1 when the span is done. */
static __always_inline long mark_word(struct span *s)
{
	u64 word = s->word;
	u64 last = s->last >> 6;
	u64 mask = ~0ULL;

	if (word > last)
		return 1;
	if (word == s->first >> 6)
		mask <<= s->first & 63;
	if (word == last)
		mask &= ~0ULL >> (63 - (s->last & 63));
	or_word(s->plane + config.leaf_base + word, mask);
	/* The summary follows its page of leaf words. */
	if (word == last || (word & ((1 << TAP_LEAF_PAGE_SHIFT) - 1)) == (1 << TAP_LEAF_PAGE_SHIFT) - 1) {
		u64 page = word >> TAP_LEAF_PAGE_SHIFT;

		or_word(s->plane + TAP_HEADER_WORDS + (page >> 6), 1ULL << (page & 63));
	}
	s->word = word + 1;
	return 0;
}

static long mark_issued(u32 i, void *unused)
{
	u32 zero = 0;
	struct span *s = bpf_map_lookup_elem(&issue_span, &zero);

	return s ? mark_word(s) : 1;
}

static long mark_completed(u32 i, void *unused)
{
	u32 zero = 0;
	struct span *s = bpf_map_lookup_elem(&completion_span, &zero);

	return s ? mark_word(s) : 1;
}

/* The words of [first, end), sectors of the volume, in a plane. */
#define MARK(span_map, callback, plane_number, first_sector, end_sector)                                   \
	do {                                                                                               \
		u32 zero_ = 0;                                                                             \
		struct span *s_ = bpf_map_lookup_elem(&span_map, &zero_);                                  \
		if (s_) {                                                                                  \
			s_->first = (first_sector) >> config.granule_shift;                                \
			s_->last = ((end_sector) - 1) >> config.granule_shift;                             \
			s_->word = s_->first >> 6;                                                         \
			s_->plane = (plane_number) * config.plane_words;                                   \
			if (s_->last >> 6 == s_->word)                                                     \
				mark_word(s_);                                                             \
			else                                                                               \
				bpf_loop((s_->last >> 6) - s_->word + 1, callback, NULL, 0);               \
		}                                                                                          \
	} while (0)

/* ---- delivery ---- */

/* A completed write, whichever tracepoint showed it. */
struct event {
	u64 request;
	u64 started; /* CLOCK_MONOTONIC, ns */
	u64 completed; /* only where something is delivered */
	u64 sector;
	u64 sectors;
	u32 op;
	u32 failed; /* or encrypted inline: the pages do not hold what the disk holds */
	u64 bio; /* the chain, or */
	u64 vec; /* the place in one bio's pieces */
	u32 index;
	u32 offset;
	u32 bytes;
};

static __always_inline u64 rate_of(u64 state)
{
	return (state & TAP_STATE_RATE_MASK) >> TAP_STATE_RATE_SHIFT;
}

/* Moves the rate down, never up: only the client raises it. */
static __always_inline void lower_rate(u64 rate)
{
#pragma clang loop unroll(full)
	for (int i = 0; i < 8; i++) {
		u64 old = READ_ONCE(control.state);

		if (rate_of(old) <= rate)
			return;
		if (__sync_val_compare_and_swap(&control.state, old,
						(old & ~TAP_STATE_RATE_MASK) | rate << TAP_STATE_RATE_SHIFT) == old) {
			if (rate == TAP_RATE_OFF)
				ADD(control.off_episodes, 1);
			return;
		}
	}
}

static __always_inline void undelivered(u64 state)
{
	u32 key = (state & TAP_STATE_MARKS ? config.plane_words : 0) + TAP_WORD_UNDELIVERED;
	u64 *count = bpf_map_lookup_elem(&bits, &key);

	if (count)
		ADD(*count, 1);
	ADD(control.undelivered, 1);
	lower_rate(TAP_RATE_OFF);
}

/*
 * How to submit the last record of an event. The addition is a full barrier between the reservation, which the client sees in the
 * producer position, and the look at its flag: one of the two sees the other.
 */
static __always_inline u64 wake_flags(u64 *counter)
{
	u64 n = ADD(*counter, 1);

	/* Use n, or the compiler takes the form of the instruction that orders nothing. */
	asm volatile("" : : "r"(n));
	return READ_ONCE(control.sleeping) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* A record without data, for [first, end) of the whole disk; the last one of its event. */
static __always_inline bool put_short(u8 kind, struct event *e, u64 first, u64 end)
{
	if (READ_ONCE(control.short_produced) - READ_ONCE(control.short_consumed) >= config.record_limit)
		return false;
	struct tap_record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r)
		return false;
	r->sector = first - config.start;
	r->request = e->request;
	r->sectors = end - first;
	r->kind = kind;
	r->last = 1;
	r->reserved = 0;
	r->started = e->started;
	r->completed = e->completed;
	bpf_ringbuf_submit(r, wake_flags(&control.short_produced));
	return true;
}

#define DATA_RECORD(bytes)               \
	struct tap_record_##bytes {      \
		struct tap_record head;  \
		u8 data[bytes];          \
	}
DATA_RECORD(512);
DATA_RECORD(4096);
DATA_RECORD(65536);

/* One record of exactly this many bytes of data. */
#define PUT_DATA(bytes)                                                                                   \
	do {                                                                                              \
		struct tap_record_##bytes *r_ = bpf_ringbuf_reserve(&ring, sizeof(*r_), 0);               \
		if (!r_) {                                                                                \
			c->stop = STOP_NO_ROOM;                                                           \
			return 1;                                                                         \
		}                                                                                         \
		if (bpf_probe_read_kernel(r_->data, bytes, (void *)address)) {                            \
			bpf_ringbuf_discard(r_, BPF_RB_NO_WAKEUP);                                        \
			c->stop = STOP_UNREADABLE;                                                        \
			return 1;                                                                         \
		}                                                                                         \
		r_->head.sector = c->position - config.start;                                             \
		r_->head.request = c->request;                                                            \
		r_->head.sectors = (bytes) >> 9;                                                          \
		r_->head.kind = TAP_DATA;                                                                 \
		r_->head.last = c->position + ((bytes) >> 9) >= c->end;                                   \
		r_->head.reserved = 0;                                                                    \
		r_->head.started = c->started;                                                            \
		r_->head.completed = c->completed;                                                        \
		bpf_ringbuf_submit(r_, r_->head.last ? wake_flags(&control.delivered) : BPF_RB_NO_WAKEUP); \
		step = bytes;                                                                             \
	} while (0)

/* One step along the bio chain: the next bio, the next piece, or one record. */
static long copy_step(u32 i, void *unused)
{
	u32 zero = 0;
	struct completion *c = bpf_map_lookup_elem(&completions, &zero);

	if (!c || c->position >= c->end)
		return 1;
	if (!c->left) {
		struct bio *bio = (struct bio *)c->bio;

		if (!bio)
			return 1;
		c->vec = (u64)BPF_CORE_READ(bio, bi_io_vec);
		c->index = BPF_CORE_READ(bio, bi_iter.bi_idx);
		c->offset = BPF_CORE_READ(bio, bi_iter.bi_bvec_done);
		c->left = BPF_CORE_READ(bio, bi_iter.bi_size);
		c->bio = (u64)BPF_CORE_READ(bio, bi_next);
		return 0;
	}

	struct {
		u64 page;
		u32 length;
		u32 offset;
	} piece;

	if (bpf_core_type_size(struct bio_vec) != sizeof(piece) ||
	    bpf_probe_read_kernel(&piece, sizeof(piece), (void *)(c->vec + c->index * sizeof(piece)))) {
		c->stop = STOP_UNREADABLE;
		return 1;
	}
	u64 run = (u64)piece.length - c->offset;
	u64 step;

	if (piece.length <= c->offset) {
		c->offset = 0;
		c->index++;
		return 0;
	}
	if (run > c->left)
		run = c->left;
	if (c->position < c->first) {
		/* Before the partition: a merged request can begin in its neighbour. */
		u64 skip = (c->first - c->position) << 9;

		step = run < skip ? run : skip;
	} else {
		u64 limit = (c->end - c->position) << 9;
		u64 address = config.direct_map_base +
			      ((piece.page - config.vmemmap_base) / bpf_core_type_size(struct page) << config.page_shift) +
			      piece.offset + c->offset;

		if (run > limit)
			run = limit;
		if (run >= 65536)
			PUT_DATA(65536);
		else if (run >= 4096)
			PUT_DATA(4096);
		else if (run >= 512)
			PUT_DATA(512);
		else
			step = 0;
	}
	if (!step || step & 511) {
		/* A sector in pieces: memory that the submitter aligned to less. Read it from the disk. */
		c->stop = STOP_UNREADABLE;
		return 1;
	}
	c->position += step >> 9;
	c->left -= step;
	c->offset += step;
	if (c->offset >= piece.length) {
		c->offset = 0;
		c->index++;
	}
	return 0;
}

/* ---- a completed write, whichever tracepoint showed it ---- */

static long linger_on(u32 i, u64 *until)
{
	return bpf_ktime_get_ns() >= *until;
}

/* Makes a program that has read the state of an ended generation as slow as a test wants: the flip has to wait for it. */
static __always_inline void linger(void)
{
	u64 until = bpf_ktime_get_ns() + control.linger;

	bpf_loop(1 << 20, linger_on, &until, 0);
}

static __always_inline void completed(struct event *e, bool with_data)
{
	u64 state = READ_ONCE(control.state);
	u64 rate = rate_of(state);
	u64 first = e->sector, end = e->sector + e->sectors;
	u8 kind = TAP_SIDE_READ;

	if (control.hide_completions && (ADD(control.seen_completions, 1) + 1) % control.hide_completions == 0)
		return;
	if (end > config.disk_sectors || end < first) {
		ADD(control.beyond, 1);
		if (end < first)
			goto sum;
		/* A disk that has grown: what lies within the volume as it was is marked all the same. */
	}
	if (first < config.start)
		first = config.start;
	if (end > config.start + config.sectors)
		end = config.start + config.sectors;
	if (first >= end)
		goto sum;

	if (control.linger)
		linger();
	MARK(completion_span, mark_completed, (state & TAP_STATE_MARKS), first - config.start, end - config.start);

	if (rate == TAP_RATE_OFF) {
		undelivered(state);
		goto sum;
	}
	e->completed = bpf_ktime_get_ns();
	if (!e->failed) {
		if (e->op == OP_WRITE)
			kind = TAP_BLOCK;
		else if (e->op == OP_WRITE_ZEROES)
			kind = TAP_ZERO;
	}
	if (with_data && kind == TAP_BLOCK && rate == TAP_RATE_HI) {
		u32 zero = 0;
		struct completion *c = bpf_map_lookup_elem(&completions, &zero);

		if (c && bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) <= config.data_limit) {
			c->request = e->request;
			c->started = e->started;
			c->completed = e->completed;
			c->position = e->sector;
			c->first = first;
			c->end = end;
			c->bio = e->bio;
			c->vec = e->vec;
			c->index = e->index;
			c->offset = e->offset;
			c->left = e->bytes;
			c->stop = STOP_NO;
			bpf_loop(1 << 20, copy_step, NULL, 0);
			if (READ_ONCE(c->position) >= end)
				goto sum;
			if (c->position > first)
				first = c->position;
			if (c->stop == STOP_NO_ROOM) {
				lower_rate(TAP_RATE_LO);
			} else {
				kind = TAP_SIDE_READ;
				ADD(control.unreadable, 1);
			}
		} else {
			lower_rate(TAP_RATE_LO);
		}
	}
	if (!put_short(kind, e, first, end))
		undelivered(state);
sum:
	/* Before the kernel's own statistics, which it adds to after this tracepoint: see EbpfTap's sums. */
	ADD(control.completed, 1);
	if (e->op != OP_DISCARD && !(e->op == OP_WRITE_ZEROES && config.flags & TAP_FLAG_ZEROES_UNCOUNTED))
		ADD(control.completed_sectors, e->sectors);
}

static __always_inline bool is_our_disk(struct gendisk *disk)
{
	if (!disk)
		return false;
	if (bpf_core_field_exists(disk->diskseq))
		return disk->diskseq == config.diskseq;
	return disk->major == (int)config.major && disk->first_minor == (int)config.minor;
}

static __always_inline void issued(u32 op, u64 sector, u64 sectors)
{
	u64 state = READ_ONCE(control.state);
	u64 first = sector, end = sector + sectors;

	if (control.hide_issues && (ADD(control.seen_issues, 1) + 1) % control.hide_issues == 0)
		return;
	ADD(control.issued, 1);
	if (op != OP_DISCARD && !(op == OP_WRITE_ZEROES && config.flags & TAP_FLAG_ZEROES_UNCOUNTED))
		ADD(control.issued_sectors, sectors);
	if (end < first)
		return; /* its completion will say so */
	if (first < config.start)
		first = config.start;
	if (end > config.start + config.sectors)
		end = config.start + config.sectors;
	if (first < end)
		MARK(issue_span, mark_issued, (2 + (state & TAP_STATE_ISSUED ? 1 : 0)), first - config.start, end - config.start);
}

/* ---- request-based devices ---- */

static __always_inline int request_completed(struct request *rq, int error, unsigned int nr_bytes, bool with_data)
{
	struct event e = {};

	/* Flushes, and the second, empty event of an emulated FUA: their sector means nothing. */
	if (!nr_bytes || !is_our_disk(rq->q->disk))
		return 0;
	e.op = rq->cmd_flags & OP_MASK;
	if (!(e.op & 1))
		return 0;
	if (e.op == OP_DRV_OUT) {
		ADD(control.untracked, 1);
		return 0;
	}
	e.request = (u64)rq;
	e.started = rq->start_time_ns;
	e.sector = rq->__sector;
	e.sectors = nr_bytes >> 9;
	e.failed = error != 0;
	if (!e.sectors)
		return 0;
	if (with_data && e.op == OP_WRITE && !e.failed) {
		struct bio *bio = rq->bio;

		e.bio = (u64)bio;
		if (bio && bpf_core_field_exists(bio->bi_crypt_context) && bio->bi_crypt_context)
			e.failed = 1;
	}
	completed(&e, with_data);
	return 0;
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(rq_complete_mark, struct request *rq, int error, unsigned int nr_bytes)
{
	return request_completed(rq, error, nr_bytes, false);
}

SEC("tp_btf/block_rq_complete")
int BPF_PROG(rq_complete_data, struct request *rq, int error, unsigned int nr_bytes)
{
	return request_completed(rq, error, nr_bytes, true);
}

SEC("tp_btf/block_rq_issue")
int BPF_PROG(rq_issue, struct request *rq)
{
	u32 op = rq->cmd_flags & OP_MASK;
	u64 sectors = rq->__data_len >> 9;

	if (!(op & 1) || op == OP_DRV_OUT || !sectors || !is_our_disk(rq->q->disk))
		return 0;
	issued(op, rq->__sector, sectors);
	return 0;
}

SEC("tp_btf/block_rq_requeue")
int BPF_PROG(rq_requeue, struct request *rq)
{
	u32 op = rq->cmd_flags & OP_MASK;
	u64 sectors = rq->__data_len >> 9;

	/* A driver can refuse a request before it was issued; then it is still idle here. */
	if (!(op & 1) || op == OP_DRV_OUT || !sectors || rq->state == MQ_RQ_IDLE || !is_our_disk(rq->q->disk))
		return 0;
	if (op != OP_DISCARD && !(op == OP_WRITE_ZEROES && config.flags & TAP_FLAG_ZEROES_UNCOUNTED))
		ADD(control.issued_sectors, -sectors);
	return 0;
}

/* ---- bio-based devices: device-mapper, md, zram ---- */

SEC("tp_btf/block_bio_queue")
int BPF_PROG(bio_queue, struct bio *bio)
{
	u64 key = (u64)bio;
	struct queued_bio q = {};

	q.op = bio->bi_opf & OP_MASK;
	q.bytes = bio->bi_iter.bi_size;
	if (!is_our_disk(bio->bi_bdev->bd_disk) || !(q.op & 1) || q.bytes < 512) {
		/* A bio that still counts as queued here is used anew elsewhere: its completion was missed. */
		if (bpf_map_lookup_elem(&queued, &key)) {
			bpf_map_delete_elem(&queued, &key);
			ADD(control.bio_lost, 1);
		}
		return 0;
	}
	if (q.op == OP_DRV_OUT) {
		ADD(control.untracked, 1);
		return 0;
	}
	q.sector = bio->bi_iter.bi_sector;
	q.index = bio->bi_iter.bi_idx;
	q.done = bio->bi_iter.bi_bvec_done;
	q.vec = (u64)bio->bi_io_vec;
	/* While nothing is delivered nobody asks; one that is on its way when the rate rises counts as begun long ago. */
	if (rate_of(READ_ONCE(control.state)) != TAP_RATE_OFF)
		q.time = bpf_ktime_get_ns();
	issued(q.op, q.sector, q.bytes >> 9);
	if (bpf_map_update_elem(&queued, &key, &q, BPF_NOEXIST)) {
		ADD(control.bio_lost, 1);
		bpf_map_update_elem(&queued, &key, &q, BPF_ANY);
	}
	return 0;
}

static __always_inline int bio_completed(struct bio *bio, bool with_data)
{
	u64 key = (u64)bio;
	struct event e = {};
	/* By pointer first: the device in the bio may have been changed since. */
	struct queued_bio *q = bpf_map_lookup_elem(&queued, &key);

	if (!q)
		return 0;
	e.request = key;
	e.started = q->time;
	e.sector = q->sector;
	e.sectors = q->bytes >> 9;
	e.op = q->op;
	e.failed = bio->bi_status != 0;
	/* Another bio at the same address, of a kind that is not announced by block_bio_queue? Then the data is not ours. */
	if (q->vec != (u64)bio->bi_io_vec)
		e.failed = 1;
	if (with_data) {
		e.vec = q->vec;
		e.index = q->index;
		e.offset = q->done;
		e.bytes = q->bytes;
		if (bpf_core_field_exists(bio->bi_crypt_context) && bio->bi_crypt_context)
			e.failed = 1;
	}
	bpf_map_delete_elem(&queued, &key);
	completed(&e, with_data);
	return 0;
}

SEC("tp_btf/block_bio_complete")
int BPF_PROG(bio_complete_mark, struct request_queue *q, struct bio *bio)
{
	return bio_completed(bio, false);
}

SEC("tp_btf/block_bio_complete")
int BPF_PROG(bio_complete_data, struct request_queue *q, struct bio *bio)
{
	return bio_completed(bio, true);
}

/* ---- calibration ---- */

extern const void page_offset_base __ksym __weak;

static __always_inline bool holds_magic(u64 base)
{
	u64 words[8];

	if (bpf_probe_read_kernel(words, sizeof(words), (void *)(base + (control.cal_frame << config.page_shift))))
		return false;
	for (int i = 0; i < 8; i++)
		if (words[i] != control.cal_magic[i])
			return false;
	control.cal_direct_map = base;
	return true;
}

static long try_base(u32 i, void *unused)
{
	/* The task's own memory is in the direct map, which begins on a multiple of 1 GiB at or below it. */
	u64 task = bpf_get_current_task();

	return holds_magic((task & ~((1ULL << 30) - 1)) - ((u64)i << 30)) ? 1 : 0;
}

/*
 * In the context of the process that submits a page whose frame and content it has told us: finds where struct page of frame 0 and
 * frame 0 itself are.
 */
SEC("tp_btf/block_bio_queue")
int BPF_PROG(calibrate, struct bio *bio)
{
	u64 page;
	u64 base = 0;

	if (bpf_get_current_pid_tgid() >> 32 != control.cal_process || control.cal_seen || !is_our_disk(bio->bi_bdev->bd_disk) ||
	    (bio->bi_opf & OP_MASK) != OP_WRITE)
		return 0;
	page = (u64)BPF_CORE_READ(bio, bi_io_vec, bv_page); /* a number, where a direct load would be a pointer */
	control.cal_page_size = bpf_core_type_size(struct page);
	control.cal_vmemmap = page - control.cal_frame * control.cal_page_size;
	if (&page_offset_base && !bpf_probe_read_kernel(&base, sizeof(base), &page_offset_base) && holds_magic(base))
		control.cal_source = 1;
	else if (holds_magic(0xffff888000000000ULL))
		control.cal_source = 2;
	else {
		bpf_loop(1 << 17, try_base, NULL, 0);
		if (READ_ONCE(control.cal_direct_map))
			control.cal_source = 3;
	}
	control.cal_seen = 1;
	return 0;
}
