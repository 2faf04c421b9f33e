using Purser.SystemTests.Processes;
using Purser.Testing;

namespace Purser.SystemTests.Payments.Kills;

/// <summary>Who is killed.</summary>
public enum Victim
{
    /// <summary><c>purser sell</c>.</summary>
    Seller = 0,

    /// <summary><c>purser facilitator</c>.</summary>
    Facilitator = 1,

    /// <summary><c>purser pay confirm</c>.</summary>
    Client = 2,
}

/// <summary>A way of paying; each has a route of its own in the shop.</summary>
/// <param name="Name">The first part of its paths.</param>
/// <param name="Version">The version that the client speaks.</param>
/// <param name="By">What the route table calls it.</param>
/// <param name="IsUpfront">Whether it is settled before it is worked for; then nobody asks to have it verified alone.</param>
public sealed record PayingWay(string Name, int Version, string By, bool IsUpfront);

/// <summary>Between which two processes a moment lies.</summary>
public enum KillWire
{
    /// <summary>Client and seller.</summary>
    Door = 0,

    /// <summary>Seller and the server behind.</summary>
    Work = 1,

    /// <summary>Seller and facilitator.</summary>
    Settle = 2,

    /// <summary>Facilitator and chain.</summary>
    Chain = 3,

    /// <summary>The client's wallet and its chain and signer.</summary>
    Wallet = 4,
}

/// <summary>What of a payment passes a wire.</summary>
public enum KillRequest
{
    /// <summary>The request that carries the payment.</summary>
    Paid = 0,

    /// <summary>The work for it.</summary>
    Work = 1,

    /// <summary><c>/verify</c>.</summary>
    Verify = 2,

    /// <summary><c>/settle</c>.</summary>
    Settle = 3,

    /// <summary>A question to the chain that names the payment, before its settlement was asked.</summary>
    LookBefore = 4,

    /// <summary>The same, once its settlement was asked.</summary>
    LookAfter = 5,

    /// <summary>The settling transaction, signed.</summary>
    Broadcast = 6,

    /// <summary>The question for its receipt, when there is one.</summary>
    Receipt = 7,

    /// <summary>Any question of the wallet to the chain.</summary>
    WalletLook = 8,

    /// <summary>The request for the wallet's signature.</summary>
    Sign = 9,
}

/// <summary>A state in the life of a payment, by the moment at which it is entered.</summary>
/// <param name="Name">For people.</param>
/// <param name="Wire">Where the moment shows.</param>
/// <param name="Request">In what.</param>
/// <param name="Edge">When.</param>
public sealed record KillState(string Name, KillWire Wire, KillRequest Request, TrapEdge Edge)
{
    /// <summary>The kill comes up to so many milliseconds later; 0: everything stands still until it came.</summary>
    public int Later { get; init; }

    /// <summary>Whether what stood still goes its way after the kill (to the victim's next run, when it was on the way to the victim); otherwise it is lost.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Whether the chain makes no block until the kill: what is broadcast lies in the mempool.</summary>
    public bool NoBlocks { get; init; }

    /// <summary>Whether the way settles before it works or after it makes no difference to there being such a moment.</summary>
    public bool OnlyVerified => Request is KillRequest.Verify or KillRequest.LookBefore;
}

/// <summary>One cell of the matrix.</summary>
/// <param name="Victim">Who.</param>
/// <param name="State">When.</param>
/// <param name="Way">What is paid how.</param>
public sealed record KillCell(Victim Victim, KillState State, PayingWay Way)
{
    private static readonly KillState[] s_seller =
    [
        new("before verifying", KillWire.Settle, KillRequest.Verify, TrapEdge.Before),
        new("verified and not told", KillWire.Settle, KillRequest.Verify, TrapEdge.After),
        new("told that it is verified", KillWire.Settle, KillRequest.Verify, TrapEdge.Told) { Later = 12 },
        new("claimed", KillWire.Work, KillRequest.Work, TrapEdge.Before),
        new("worked for and not told", KillWire.Work, KillRequest.Work, TrapEdge.After),
        new("worked for", KillWire.Work, KillRequest.Work, TrapEdge.Told) { Later = 20 },
        new("settlement asked", KillWire.Settle, KillRequest.Settle, TrapEdge.Before),
        new("transaction stored", KillWire.Chain, KillRequest.Broadcast, TrapEdge.Before) { GoesOn = true },
        new("in the mempool", KillWire.Chain, KillRequest.Broadcast, TrapEdge.After) { GoesOn = true, NoBlocks = true },
        new("in a block", KillWire.Chain, KillRequest.Receipt, TrapEdge.After) { GoesOn = true },
        new("settled and not told", KillWire.Settle, KillRequest.Settle, TrapEdge.After),
        new("told that it is settled", KillWire.Settle, KillRequest.Settle, TrapEdge.Told) { Later = 20 },
        new("reply on its way", KillWire.Door, KillRequest.Paid, TrapEdge.After),
        new("replied", KillWire.Door, KillRequest.Paid, TrapEdge.Told) { Later = 10 },
    ];

    private static readonly KillState[] s_facilitator =
    [
        new("before verifying", KillWire.Settle, KillRequest.Verify, TrapEdge.Before),
        new("verifying", KillWire.Chain, KillRequest.LookBefore, TrapEdge.Before),
        new("verified", KillWire.Settle, KillRequest.Verify, TrapEdge.After) { GoesOn = true },
        new("settlement asked, for its next run", KillWire.Settle, KillRequest.Settle, TrapEdge.Before) { GoesOn = true },
        new("settlement asked", KillWire.Settle, KillRequest.Settle, TrapEdge.Before),
        new("settlement begun", KillWire.Chain, KillRequest.LookAfter, TrapEdge.Before),
        new("transaction stored", KillWire.Chain, KillRequest.Broadcast, TrapEdge.Before),
        new("broadcast", KillWire.Chain, KillRequest.Broadcast, TrapEdge.After),
        new("in the mempool", KillWire.Chain, KillRequest.Broadcast, TrapEdge.After) { NoBlocks = true },
        new("in a block", KillWire.Chain, KillRequest.Receipt, TrapEdge.After),
        new("told of the block", KillWire.Chain, KillRequest.Receipt, TrapEdge.Told) { Later = 15 },
        new("settled and not told", KillWire.Settle, KillRequest.Settle, TrapEdge.After),
        new("settled and told", KillWire.Settle, KillRequest.Settle, TrapEdge.Told) { Later = 5 },
    ];

    private static readonly KillState[] s_client =
    [
        new("confirmed", KillWire.Wallet, KillRequest.WalletLook, TrapEdge.Before),
        new("reserved", KillWire.Wallet, KillRequest.Sign, TrapEdge.Before),
        new("signed and not stored", KillWire.Wallet, KillRequest.Sign, TrapEdge.After),
        new("signed", KillWire.Wallet, KillRequest.Sign, TrapEdge.Told) { Later = 40 },
        new("presented", KillWire.Door, KillRequest.Paid, TrapEdge.Before),
        new("worked for", KillWire.Work, KillRequest.Work, TrapEdge.After) { GoesOn = true },
        new("being settled", KillWire.Chain, KillRequest.Broadcast, TrapEdge.Before) { GoesOn = true },
        new("replied and not told", KillWire.Door, KillRequest.Paid, TrapEdge.After),
        new("outcome", KillWire.Door, KillRequest.Paid, TrapEdge.Told) { Later = 40 },
    ];

    /// <summary>The ways.</summary>
    public static IReadOnlyList<PayingWay> Ways { get; } =
    [
        new("exact", 2, "eip3009", false), new("permit", 2, "permit2", false), new("upto", 2, "upto", false), new("upfront", 2, "exact", true), new("v1", 1, "exact", false),
    ];

    /// <summary>The whole matrix.</summary>
    public static IReadOnlyList<KillCell> All { get; } =
    [
        .. from victim in Enum.GetValues<Victim>() from way in Ways from state in StatesOf(victim) where !(way.IsUpfront && state.OnlyVerified) select new KillCell(victim, state, way),
    ];

    public override string ToString() => $"{Victim}, {State.Name}, {Way.Name}";

    /// <summary>
    /// The walk: the victims in turn, each with its own cells in an order of the seed in which the ways take turns; when all cells of a victim were walked, again, in another order. So few steps touch
    /// every victim and way, and many touch every cell about equally often.
    /// </summary>
    public static IReadOnlyList<KillCell> Walk(Seeded seeded, int kills)
    {
        ArgumentNullException.ThrowIfNull(seeded);
        var victims = Enum.GetValues<Victim>();
        var ahead = victims.ToDictionary(victim => victim, _ => new Queue<KillCell>());
        var walk = new List<KillCell>();
        for (var kill = 0; kill < kills; kill++)
        {
            var victim = victims[kill % victims.Length];
            if (ahead[victim].Count == 0)
            {
                ahead[victim] = new(Shuffled(victim, seeded));
            }
            walk.Add(ahead[victim].Dequeue());
        }
        return walk;
    }

    private static KillState[] StatesOf(Victim victim) => victim switch
    {
        Victim.Seller => s_seller,
        Victim.Facilitator => s_facilitator,
        _ => s_client,
    };

    private static IEnumerable<KillCell> Shuffled(Victim victim, Seeded seeded)
    {
        var byWay = Ways.OrderBy(_ => seeded.NextUInt64()).Select(way => new Queue<KillCell>(All.Where(cell => cell.Victim == victim && cell.Way == way).OrderBy(_ => seeded.NextUInt64()))).ToList();
        while (byWay.Exists(way => way.Count > 0))
        {
            foreach (var way in byWay.Where(way => way.Count > 0))
            {
                yield return way.Dequeue();
            }
        }
    }
}
