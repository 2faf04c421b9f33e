namespace Purser.SystemTests.Processes;

/// <summary>Waits for what other processes do in their own time. It polls, because nothing of theirs can be awaited from here; the bound only ends a test that has failed.</summary>
public static class Eventually
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(90);

    /// <summary>Asks again and again until the answer is not null.</summary>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T?>> ask, TimeSpan pause)
        where T : class
    {
        using var bound = new CancellationTokenSource(s_bound);
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }
            try
            {
                await Task.Delay(pause, TimeProvider.System, bound.Token);
            }
            catch (OperationCanceledException exception)
            {
                throw new TimeoutException($"It never came to this: {what}.", exception);
            }
        }
    }

    /// <summary>Waits until a condition holds.</summary>
    public static Task HoldsAsync(string what, Func<Task<bool>> holds) =>
        GetAsync(what, async () => await holds() ? "yes" : null, TimeSpan.FromMilliseconds(100));

    /// <summary>Waits until a condition of this process's own memory holds.</summary>
    public static Task HoldsAsync(string what, Func<bool> holds) =>
        GetAsync(what, () => Task.FromResult(holds() ? "yes" : null), TimeSpan.FromMilliseconds(5));
}
