using Purser.Ethereum;

namespace Purser.Services.Gate;

/// <summary>A row of <c>gate_claims</c>, as both databases fill it.</summary>
internal sealed class ClaimRow
{
    public const string Columns =
        "scope AS Scope, id AS Id, proof AS Proof, binding AS Binding, state AS State, attempt AS Attempt, worker AS Worker, matter AS Matter, dead_at AS DeadAt, "
        + "outcome AS Outcome, reply_kept AS ReplyKept, reply_status AS ReplyStatus, reply_headers AS ReplyHeaders, reply_body AS ReplyBody, reply_until_ms AS ReplyUntilMs";

    public string Scope { get; set; } = "";

    public byte[] Id { get; set; } = [];

    public byte[] Proof { get; set; } = [];

    public byte[] Binding { get; set; } = [];

    public long State { get; set; }

    public long Attempt { get; set; }

    public string Worker { get; set; } = "";

    public byte[] Matter { get; set; } = [];

    public long DeadAt { get; set; }

    public byte[] Outcome { get; set; } = [];

    public long ReplyKept { get; set; }

    public long ReplyStatus { get; set; }

    public byte[]? ReplyHeaders { get; set; }

    public byte[]? ReplyBody { get; set; }

    public long ReplyUntilMs { get; set; }

    public ClaimRecord ToRecord(long nowMs)
    {
        var reply = ReplyHeaders is not null && ReplyBody is not null && ReplyUntilMs > nowMs
            ? new StoredReply((int)ReplyStatus, StoredReply.DecodeHeaders(ReplyHeaders), ReplyBody)
            : null;
        return new(new ClaimKey(Scope, new Hash32(Id)), new Hash32(Proof), new Hash32(Binding), (ClaimState)State, Attempt, Matter, DeadAt, reply, ReplyKept != 0, Outcome);
    }
}
