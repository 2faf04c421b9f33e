namespace Purser.Testing.Custody;

/// <summary>What goes wrong with one call to a <see cref="BankrDouble"/>.</summary>
public sealed class BankrFault
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BankrFault(BankrFaultKind kind, int status = 200, string body = "")
    {
        (Kind, Status, Body) = (kind, status, body);
        if (kind is not BankrFaultKind.Holds)
        {
            _released.SetResult();
        }
    }

    /// <summary>Nothing goes wrong.</summary>
    public static BankrFault None => new(BankrFaultKind.None);

    /// <summary>The connection ends before anything is done.</summary>
    public static BankrFault DropsUndone => new(BankrFaultKind.DropsUndone);

    /// <summary>It does what it is asked, and the connection ends without an answer.</summary>
    public static BankrFault DropsDone => new(BankrFaultKind.DropsDone);

    /// <summary>It does what it is asked, and answers when <see cref="Release"/> is called, or never.</summary>
    public static BankrFault Holds => new(BankrFaultKind.Holds);

    /// <summary>It does what it is asked, and gives its answer twice in one body.</summary>
    public static BankrFault AnswersTwice => new(BankrFaultKind.AnswersTwice);

    /// <summary>It does what it is asked, and answers with something else.</summary>
    public static BankrFault Garbage => new(BankrFaultKind.Garbage);

    /// <summary>It does what it is asked, and its answer has no end.</summary>
    public static BankrFault Oversize => new(BankrFaultKind.Oversize);

    /// <summary>Which.</summary>
    public BankrFaultKind Kind { get; }

    /// <summary>Done when what was asked has been done and only the answer is missing.</summary>
    public Task Reached => _reached.Task;

    internal int Status { get; }

    internal string Body { get; }

    /// <summary>It does nothing and answers with this status.</summary>
    public static BankrFault Answers(int status, string body = """{"success":false,"error":"no"}""") => new(BankrFaultKind.Status, status, body);

    /// <summary>Lets an answer that is held go.</summary>
    public void Release() => _released.TrySetResult();

    internal Task ApplyAsync(CancellationToken cancellationToken)
    {
        _reached.TrySetResult();
        return _released.Task.WaitAsync(cancellationToken);
    }

    internal string Spoil(string answer) => Kind switch
    {
        BankrFaultKind.AnswersTwice => answer + answer,
        BankrFaultKind.Garbage => "<html>busy</html>",
        BankrFaultKind.Oversize => answer[..^1] + ",\"pad\":\"" + new string('x', 200_000) + "\"}",
        _ => answer,
    };
}

/// <summary>The kinds of <see cref="BankrFault"/>.</summary>
public enum BankrFaultKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>Ends the connection, nothing done.</summary>
    DropsUndone,

    /// <summary>Ends the connection, all done.</summary>
    DropsDone,

    /// <summary>Waits with the answer.</summary>
    Holds,

    /// <summary>Two answers in one.</summary>
    AnswersTwice,

    /// <summary>No JSON.</summary>
    Garbage,

    /// <summary>More than anybody reads.</summary>
    Oversize,

    /// <summary>A status of its own.</summary>
    Status,
}
