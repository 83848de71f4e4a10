/*
 * custody.pml: the once-only protocol as the code of gateway/turn does it, for SPIN.
 *
 * One subscriber walks a dialogue of a few steps. A centre brings each input over one of two links to
 * one of two gateways, again and again until it has read an OK; the gateways share one store that
 * compares versions. A few faults strike anywhere, each one of: a gateway is killed, a link breaks,
 * the centre's response timer runs out, the store's connection breaks (the commit done, not done, or
 * done later), the store is not there, a centre with numbered steps sends a copy.
 *
 *   LEDGER  the link numbers its steps (turn_token = echo): an input names the screen it answers.
 *   else    it does not: inputs are texts, and every text here is the same (or, with ALTERNATE, every
 *           other one), the worst that a subscriber can type.
 *
 * Assumed, and shown to be needed by a variant that must fail:
 *   RUNS_AHEAD  without numbers, a centre does not deliver input k+1 while k is unanswered;
 *   OLD_SCREENS without numbers, nobody answers a screen once more that arrives, delayed on another
 *               link, when its answer was taken and the next screen is on its way;
 *   HALF_OPEN   without numbers, a centre that brings an input again after a break does so when
 *               the gateway, too, has noticed the break.
 * Also assumed: a delivery is on its way for less than the centre's response timer minus the answer
 * window; the store loses nothing (fail-overs and WAIT are not in here); a debt is not forgotten by
 * age or number while the centre may still send its input.
 *
 * TCP: after a break nothing of the old connection arrives at either end; each end notices in its own
 * time, and what it writes before is gone.
 *
 * Asserted: an input is taken once, and by the screen that it answers; an OK is read only for an
 * input that was taken, or that was answered with the last screen again; no step that was shown or
 * named by the centre is missing from the store. Each variant below breaks one rule or assumption and
 * must be caught (model.test.sh).
 */
#define TYPED_MAX 4          /* inputs, those typed again at the same screen included */
#define TRIES 3
#define SHOWN 2

/* Variants; 0 is the protocol. */
#define EARLY 1              /* the answer is given before the commit */
#define NO_VERSION 2         /* the store does not compare versions */
#define NO_DEDUPE 3          /* nobody looks for debts, or into the ledger */
#define NO_TOMBSTONE 4       /* the record goes with the last step */
#define CLOSE_AT_ONCE 5      /* a debt is closed when it is made */
#define NO_WINDOW 6          /* a proof counts however late */
#define WINDOW_FROM_ANSWER 7 /* the window begins with the answer, not with the input's arrival */
#define LATE_STEP 8          /* an input steps, or is answered, though its window is over or its
                                connection gone */
#define ANY_CONNECTION 9     /* a screen proves an answer that went over another connection */
#define PROOF_BY_TEXT 10     /* a proof closes every debt of its text, newer ones too */
#define UNKNOWN_DONE 11      /* a commit without a reply counts as done */
#define UNKNOWN_AGAIN 12     /* it is written again, unread */
#define CONFLICT_DONE 13     /* a commit that met another version counts as done */
#define LEDGER_CLOSES 14     /* steps of the ledger are forgotten once proved */
#define RUNS_AHEAD 15        /* the three assumptions above, dropped */
#define OLD_SCREENS 16
#define HALF_OPEN 17
#define REACH 18             /* must fail: the last screen is reached */

/* Chosen by the environment when the search begins, so that one program serves all. */
c_decl {
  \#include <stdlib.h>
  static int option(const char *name, int otherwise)
  {
      const char *value = getenv(name);
      return value != NULL ? atoi(value) : otherwise;
  }
}
byte variant, nin, typed_max, F, others;
bit ledger, alternate;

#define TEXT(j) (alternate -> (j) & 1 : 0)
#define BIT(j) (1 << ((j) - 1))

/* The session record: its version, how many steps were taken, which steps' debts are closed. */
typedef Record { byte ver; byte step; byte closed };

Record S; /* the store's */

/* A commit whose sender has given up, still on its way to the store. */
bit limbo;
Record L;
byte limbo_ver, limbo_id;

mtype { DELIVER, RESP, OK, ERR, SCREEN };

#define IDLE 0
#define RUN 1
#define LOAD 2
#define COMMIT 3

typedef Gateway {
  byte st;               /* of the live turn */
  byte id, sq;           /* its input, and the delivery's sequence number */
  bit on, late, fresh;   /* its connection still lives; the answer window is over; seen in the store */
  byte tries;
  bit early;             /* answered already (EARLY) */
  byte q, qsq;           /* the input that waits in the mailbox; 0 = none */
  bit qon, qlate;
  bit has;               /* the local copy */
  Record c;
  byte proofs;           /* debts proved answered, not stored yet */
  Record w;              /* the commit under way */
  byte takes;            /* the input that it takes; 0 = none */
  bit is_shown;
  byte debt;             /* what its reply proves */
  /* Replies whose outcome is awaited, oldest first. */
  byte n;
  byte sd[SHOWN], si[SHOWN];
  bit so[SHOWN], sl[SHOWN];
};
Gateway G[2];

/* The two connections. */
bit up[2] = 1;           /* as TCP has it */
bit gnot[2], cnot[2];    /* the gateway, the centre has not noticed yet */
chan down0 = [3] of { mtype, byte, byte };
chan down1 = [3] of { mtype, byte, byte };
chan up0 = [6] of { mtype, byte, byte };
chan up1 = [6] of { mtype, byte, byte };

/* The centre and its subscriber. */
#define NONE 0
#define HELD 1
#define PEND 2
#define INFL 3
#define DONE 4
byte typed = 1;
byte at[TYPED_MAX + 1];      /* the screen that an input answers */
byte cst[TYPED_MAX + 1];
byte where[TYPED_MAX + 1];
byte seq[TYPED_MAX + 1];
bit used[TYPED_MAX + 1];     /* it was taken */
bit replayed[TYPED_MAX + 1]; /* it was taken for a copy, and answered with the last screen */
byte seen;               /* the screen on the phone */

byte i, j, x;            /* scratch, always 0 between steps */

#define PROVES(g) ((variant == ANY_CONNECTION || G[g].so[0]) && (variant == NO_WINDOW || !G[g].sl[0]))
#define OLDER_THAN(g, i) (variant == PROOF_BY_TEXT -> G[g].c.step : i)
#define IN_LEDGER(g, screen) (variant != LEDGER_CLOSES || (G[g].w.closed & BIT(screen + 1)) == 0)
#define SAME(a, b) a.ver = b.ver; a.step = b.step; a.closed = b.closed
#define CLEAR(a) a.ver = 0; a.step = 0; a.closed = 0

/* What the store does with a commit made from that version, for an input (0: none). x = was it
 * written? */
inline apply(expected, steps, debts, input) {
  if
  :: expected == S.ver || variant == NO_VERSION ->
     S.ver++; S.step = steps; S.closed = debts; x = 1;
     if
     :: input != 0 ->
        assert(!used[input]);             /* no input is taken twice */
        assert(at[input] + 1 == S.step);  /* and by no other screen than the one it answers */
        used[input] = 1
     :: else
     fi;
     if
     :: variant == NO_TOMBSTONE && S.step == nin -> S.step = 0; S.closed = 0
     :: else
     fi
  :: else -> x = 0
  fi
}

/* The closed debts of gateway g's copy, with its proofs: a proof closes its debt, and older ones
 * of the same text. */
inline close_proved(g, to) {
  to = G[g].c.closed;
  i = 1;
  do
  :: i <= nin ->
     if
     :: (G[g].proofs & BIT(i)) != 0 && i <= G[g].c.step ->
        j = 1;
        do
        :: j <= OLDER_THAN(g, i) ->
           if :: TEXT(j) == TEXT(i) -> to = to | BIT(j) :: else fi; j++
        :: else -> break
        od
     :: else
     fi;
     i++
  :: else -> break
  od;
  i = 0; j = 0
}

/* The record was seen in the store. */
inline take_record(g) {
  if
  :: variant == PROOF_BY_TEXT && (!G[g].has || G[g].c.ver != S.ver) -> G[g].proofs = 0
  :: else
  fi;
  G[g].has = 1; G[g].fresh = 1; SAME(G[g].c, S)
}

inline end_turn(g) {
  G[g].st = IDLE; G[g].id = 0; G[g].sq = 0; G[g].on = 0; G[g].late = 0; G[g].fresh = 0; G[g].tries = 0;
  G[g].early = 0; G[g].takes = 0; G[g].is_shown = 0; G[g].debt = 0; CLEAR(G[g].w)
}

/* Written to the connection that the input came over; nowhere when that is gone. */
inline answer(g, what) {
  if
  :: G[g].on && up[g] && g == 0 -> up0 ! what, G[g].id, G[g].sq
  :: G[g].on && up[g] && g == 1 -> up1 ! what, G[g].id, G[g].sq
  :: else
  fi
}

inline refuse(g) {
  if
  :: G[g].id != 0 && !G[g].early -> answer(g, ERR)
  :: else
  fi;
  end_turn(g)
}

/* The screen goes over the connection that there is, the answer's or a newer one. */
inline display(g) {
  if
  :: G[g].is_shown && up[g] && !gnot[g] ->
     if :: g == 0 -> up0 ! SCREEN, G[g].w.step, 0 :: g == 1 -> up1 ! SCREEN, G[g].w.step, 0 fi;
     assert(G[g].n < SHOWN);
     G[g].sd[G[g].n] = G[g].debt; G[g].si[G[g].n] = G[g].id;
     G[g].so[G[g].n] = G[g].on; G[g].sl[G[g].n] = G[g].late; G[g].n++
  :: else
  fi
}

inline act(g) {
  if
  :: G[g].id != 0 && G[g].late && !G[g].early && variant != LATE_STEP ->
     answer(g, ERR)                       /* its copy gets the screen */
  :: G[g].id != 0 && !(G[g].late && !G[g].early && variant != LATE_STEP) ->
     if :: !G[g].early -> answer(g, OK) :: else fi;
     display(g)
  :: else
  fi;
  end_turn(g)
}

inline committed(g) {
  SAME(G[g].c, G[g].w); G[g].c.ver = S.ver; G[g].has = 1;
  if :: variant == NO_TOMBSTONE -> SAME(G[g].c, S) :: else fi;
  G[g].proofs = 0;
  act(g)
}

inline take_step(g) {
  G[g].w.step++; G[g].takes = G[g].id; G[g].is_shown = 1; G[g].debt = G[g].w.step; G[g].st = COMMIT;
  if
  :: variant == CLOSE_AT_ONCE -> G[g].w.closed = G[g].w.closed | BIT(G[g].w.step)
  :: else -> G[g].w.closed = G[g].w.closed & (255 - BIT(G[g].w.step))
  fi
}

/* One run of the pure step on the copy: what to write, or what else to do. */
inline try_step(g) {
  SAME(G[g].w, G[g].c);
  close_proved(g, G[g].w.closed);
  G[g].takes = 0; G[g].is_shown = 0; G[g].debt = 0;
  if
  :: G[g].id == 0 ->                     /* a proof to be stored */
     if :: G[g].proofs != 0 -> G[g].st = COMMIT :: else -> end_turn(g) fi
  :: G[g].id != 0 && ledger ->
     x = at[G[g].id];
     if
     :: variant != NO_DEDUPE && x < G[g].c.step && IN_LEDGER(g, x) ->
        replayed[G[g].id] = 1; G[g].st = COMMIT; /* the newest gets its screen again, others an OK */
        if :: x + 1 == G[g].c.step -> G[g].is_shown = 1; G[g].debt = x + 1 :: else fi
     :: x == G[g].c.step || (variant == NO_DEDUPE && x < G[g].c.step) -> take_step(g)
     :: else ->
        if
        :: !G[g].fresh -> G[g].st = LOAD
        :: else -> assert(0)              /* the centre names a screen that the store does not know */
        fi
     fi;
     x = 0
  :: else ->
     i = G[g].c.step;
     do                                   /* the newest open debt of the same text */
     :: i > 0 && (TEXT(i) != TEXT(at[G[g].id] + 1) || (G[g].w.closed & BIT(i)) != 0) -> i--
     :: else -> break
     od;
     if
     :: i != 0 && variant != NO_DEDUPE ->
        replayed[G[g].id] = 1; G[g].is_shown = 1; G[g].debt = i; G[g].st = COMMIT
     :: (i == 0 || variant == NO_DEDUPE) && (G[g].late || !G[g].on) && variant != LATE_STEP ->
        refuse(g)                         /* the centre may have brought it elsewhere by now */
     :: else -> take_step(g)
     fi;
     i = 0
  fi;
  if
  :: variant == EARLY && G[g].st == COMMIT && G[g].id != 0 && !G[g].early ->
     answer(g, OK); G[g].early = 1
  :: else
  fi
}

inline start(g) {
  G[g].st = (G[g].has -> RUN : LOAD)
}

inline unknown(g) {                       /* written or not: only the record can tell */
  if
  :: variant == UNKNOWN_DONE -> committed(g)
  :: variant == UNKNOWN_AGAIN -> G[g].c.ver = S.ver
  :: else ->
     G[g].has = 0; CLEAR(G[g].c); G[g].proofs = 0; G[g].tries++;
     if
     :: G[g].tries >= TRIES -> refuse(g)
     :: else -> G[g].st = LOAD
     fi
  fi
}

inline forget_replies(g) {
  i = 0;
  do
  :: i < SHOWN -> G[g].sd[i] = 0; G[g].si[i] = 0; G[g].so[i] = 0; G[g].sl[i] = 0; i++
  :: else -> break
  od;
  i = 0; G[g].n = 0
}

inline break_link(g) {
  up[g] = 0; cnot[g] = 1;
  if
  :: g == 0 -> do :: down0 ? _, _, _ :: empty(down0) -> break od; do :: up0 ? _, _, _ :: empty(up0) -> break od
  :: g == 1 -> do :: down1 ? _, _, _ :: empty(down1) -> break od; do :: up1 ? _, _, _ :: empty(up1) -> break od
  fi
}

/* Into limbo, if that is free. */
inline into_limbo(g) {
  limbo = 1; limbo_ver = G[g].c.ver; SAME(L, G[g].w); limbo_id = G[g].takes
}

/* The next of the mailbox, unless it looks like the one whose reply is on its way. */
#define ALIKE(a, b) (ledger -> at[a] == at[b] : TEXT(at[a] + 1) == TEXT(at[b] + 1))
#define MUST_WAIT(g) (G[g].n > 0 && ALIKE(G[g].q, G[g].si[G[g].n - 1]))

proctype Gw(byte g; chan in) {
  byte k, s;
end:
  do
  /* Whatever arrives. */
  :: atomic { up[g] && G[g].q == 0 && in ? [DELIVER, _, _] ->
       in ? DELIVER, k, s; G[g].q = k; G[g].qsq = s; G[g].qon = 1; G[g].qlate = 0; k = 0; s = 0 }
  :: atomic { up[g] && in ? [RESP, _, _] ->
       in ? RESP, _, _;
       assert(G[g].n > 0);
       if
       :: PROVES(g) && G[g].sd[0] != 0 && (!ledger || variant == LEDGER_CLOSES) ->
          G[g].proofs = G[g].proofs | BIT(G[g].sd[0])
       :: else
       fi;
       G[g].n--;
       G[g].sd[0] = G[g].sd[1]; G[g].si[0] = G[g].si[1]; G[g].so[0] = G[g].so[1]; G[g].sl[0] = G[g].sl[1];
       G[g].sd[1] = 0; G[g].si[1] = 0; G[g].so[1] = 0; G[g].sl[1] = 0 }
  /* The loss of the link. */
  :: atomic { gnot[g] -> gnot[g] = 0; G[g].on = 0; G[g].qon = 0; forget_replies(g) }
  :: atomic { !up[g] && !gnot[g] && !cnot[g] -> up[g] = 1 }
  /* The turn. */
  :: atomic { G[g].st == IDLE && G[g].q != 0 && !MUST_WAIT(g) && G[g].n < SHOWN ->
       G[g].id = G[g].q; G[g].sq = G[g].qsq; G[g].on = G[g].qon; G[g].late = G[g].qlate;
       G[g].q = 0; G[g].qsq = 0; G[g].qon = 0; G[g].qlate = 0;
       start(g) }
  :: atomic { G[g].st == RUN -> try_step(g) }
  :: atomic { G[g].st == LOAD -> take_record(g); G[g].st = RUN; try_step(g) }
  :: atomic { G[g].st == LOAD && F > 0 -> F--; refuse(g) }
  :: atomic { G[g].st == COMMIT ->
       apply(G[g].c.ver, G[g].w.step, G[g].w.closed, G[g].takes);
       if
       :: x || variant == CONFLICT_DONE -> x = 0; committed(g)
       :: else ->
          G[g].tries++;
          if
          :: G[g].tries >= TRIES -> take_record(g); refuse(g)
          :: else -> take_record(g); G[g].st = RUN; try_step(g)
          fi
       fi }
  :: atomic { G[g].st == COMMIT && F > 0 -> F--; refuse(g) }       /* refused by the store */
  :: atomic { G[g].st == COMMIT && F > 0 -> F--;                   /* no reply: done, */
       apply(G[g].c.ver, G[g].w.step, G[g].w.closed, G[g].takes); x = 0; unknown(g) }
  :: atomic { G[g].st == COMMIT && F > 0 -> F--; unknown(g) }      /* not done, */
  :: atomic { G[g].st == COMMIT && !limbo && F > 0 -> F--; into_limbo(g); unknown(g) } /* done later */
  /* A proof that no commit took along is stored alone. */
  :: atomic { G[g].st == IDLE && G[g].q == 0 && G[g].proofs != 0 && G[g].has -> G[g].st = RUN; try_step(g) }
  :: atomic { G[g].st == IDLE && G[g].proofs != 0 && !G[g].has -> G[g].proofs = 0 }
  /* A timer, or an SMS of the same subscriber. */
  :: atomic { G[g].st == IDLE && others > 0 -> others--;
       take_record(g); G[g].fresh = 0;
       close_proved(g, G[g].c.closed); G[g].proofs = 0; S.closed = G[g].c.closed;
       S.ver++; G[g].c.ver++ }
  /* kill -9, and a new start. */
  :: atomic { G[g].st != COMMIT && F > 0 -> F--; goto dead }
  :: atomic { G[g].st == COMMIT && F > 0 -> F--;
       if
       :: apply(G[g].c.ver, G[g].w.step, G[g].w.closed, G[g].takes); x = 0
       :: skip
       :: !limbo -> into_limbo(g)
       fi;
       goto dead }
  od;
dead:
  atomic {
    end_turn(g); G[g].q = 0; G[g].qsq = 0; G[g].qon = 0; G[g].qlate = 0; G[g].has = 0; CLEAR(G[g].c);
    G[g].proofs = 0; gnot[g] = 0; forget_replies(g); break_link(g);
    goto end }
}

/* A late commit reaches the store, or never does. */
proctype Late() {
end:
  do
  :: atomic { limbo -> apply(limbo_ver, L.step, L.closed, limbo_id); x = 0; limbo = 0; CLEAR(L); limbo_ver = 0; limbo_id = 0 }
  :: atomic { limbo -> limbo = 0; CLEAR(L); limbo_ver = 0; limbo_id = 0 }
  od
}

#define IS_NEWEST(n) (n == S.step || ledger || variant == OLD_SCREENS)

/* A screen is read: it is on the phone; the subscriber answers it, unless an answer to it is still
 * under way. */
inline read_screen(n) {
  assert(variant != REACH || n < nin);
  assert(n <= S.step || (variant == NO_TOMBSTONE && n == nin));
  if :: n > seen -> seen = n :: else fi;
  if
  :: n == seen && n < nin && typed < typed_max && (at[typed] != n || (cst[typed] == DONE && IS_NEWEST(n))) ->
     typed++; at[typed] = n;
     cst[typed] = (ledger || variant == RUNS_AHEAD || cst[typed - 1] == DONE -> PEND : HELD)
  :: else
  fi
}

inline read_answer(what, k, s) {
  if
  :: cst[k] == INFL && seq[k] == s ->
     if
     :: what == OK ->
        assert(used[k] || replayed[k]);  /* what the centre may forget was taken */
        cst[k] = DONE;
        if :: k < typed_max && cst[k + 1] == HELD -> cst[k + 1] = PEND :: else fi
     :: else -> cst[k] = PEND
     fi
  :: else                                /* of a delivery that the centre has given up */
  fi
}

/* The answer window of that delivery is over, wherever it is. */
inline expire(k) {
  x = where[k];
  if :: G[x].id == k && G[x].sq == seq[k] && variant != WINDOW_FROM_ANSWER -> G[x].late = 1 :: else fi;
  if :: G[x].q == k && G[x].qsq == seq[k] && variant != WINDOW_FROM_ANSWER -> G[x].qlate = 1 :: else fi;
  if :: G[x].n > 0 && G[x].si[0] == k -> G[x].sl[0] = 1 :: else fi;
  if :: G[x].n > 1 && G[x].si[1] == k -> G[x].sl[1] = 1 :: else fi;
  x = 0
}

inline bring(k, g, d) {
  seq[k] = (seq[k] + 1) % 8; where[k] = g; cst[k] = INFL; d ! DELIVER, k, seq[k]
}

inline notice(g) {
  k = 1;
  do
  :: k <= typed -> if :: cst[k] == INFL && where[k] == g -> cst[k] = PEND :: else fi; k++
  :: else -> break
  od;
  k = 0; cnot[g] = 0
}

#define NOTICED(g) (!gnot[g] || ledger || variant == HALF_OPEN)

proctype Centre() {
  byte k, s, a;
  mtype m;
end:
  do
  :: atomic { up0 ? m, k, s ->
       if :: m == SCREEN -> read_screen(k); down0 ! RESP, 0, 0 :: else -> read_answer(m, k, s) fi; k = 0; s = 0; m = 0 }
  :: atomic { up1 ? m, k, s ->
       if :: m == SCREEN -> read_screen(k); down1 ! RESP, 0, 0 :: else -> read_answer(m, k, s) fi; k = 0; s = 0; m = 0 }
  :: atomic { cnot[0] && NOTICED(0) -> notice(0) }
  :: atomic { cnot[1] && NOTICED(1) -> notice(1) }
  /* Each input is brought by some link. */
  :: atomic { typed >= 1 && cst[1] == PEND && up[0] && empty(down0) -> bring(1, 0, down0) }
  :: atomic { typed >= 1 && cst[1] == PEND && up[1] && empty(down1) -> bring(1, 1, down1) }
  :: atomic { typed >= 2 && cst[2] == PEND && up[0] && empty(down0) -> bring(2, 0, down0) }
  :: atomic { typed >= 2 && cst[2] == PEND && up[1] && empty(down1) -> bring(2, 1, down1) }
  :: atomic { typed >= 3 && cst[3] == PEND && up[0] && empty(down0) -> bring(3, 0, down0) }
  :: atomic { typed >= 3 && cst[3] == PEND && up[1] && empty(down1) -> bring(3, 1, down1) }
  :: atomic { typed >= 4 && cst[4] == PEND && up[0] && empty(down0) -> bring(4, 0, down0) }
  :: atomic { typed >= 4 && cst[4] == PEND && up[1] && empty(down1) -> bring(4, 1, down1) }
  /* Its timer runs out; the delivery itself has arrived by then. */
  :: atomic { F > 0 && cst[typed] == INFL && empty(down0) && empty(down1) ->
       F--; expire(typed); cst[typed] = PEND }
  :: atomic { ledger && F > 0 && typed > 1 && cst[typed - 1] == INFL && empty(down0) && empty(down1) ->
       F--; expire(typed - 1); cst[typed - 1] = PEND }
  /* Several copies at once, late ones too. */
  :: atomic { ledger && F > 0 && cst[1] >= INFL && up[0] && empty(down0) -> F--; down0 ! DELIVER, 1, 9 }
  :: atomic { ledger && F > 0 && cst[1] >= INFL && up[1] && empty(down1) -> F--; down1 ! DELIVER, 1, 9 }
  :: atomic { ledger && F > 0 && typed >= 2 && cst[2] >= INFL && up[0] && empty(down0) -> F--; down0 ! DELIVER, 2, 9 }
  :: atomic { ledger && F > 0 && typed >= 2 && cst[2] >= INFL && up[1] && empty(down1) -> F--; down1 ! DELIVER, 2, 9 }
  /* The links break. */
  :: atomic { up[0] && F > 0 -> F--; gnot[0] = 1; break_link(0) }
  :: atomic { up[1] && F > 0 -> F--; gnot[1] = 1; break_link(1) }
  od
}

init {
  atomic {
    c_code {
      now.variant = option("VARIANT", 0);
      now.nin = option("NIN", 2);
      now.typed_max = option("TYPED", now.nin + 1);
      now.F = option("FAULTS", 2);
      now.others = option("OTHERS", 1);
      now.ledger = option("LEDGER", 0);
      now.alternate = option("ALTERNATE", 0);
    };
    cst[1] = PEND;
    run Centre(); run Late();
    run Gw(0, down0); run Gw(1, down1)
  }
}
