using Purser.StateTest;

if (args.Length == 0 || args[0].StartsWith('-'))
{
    Console.Error.WriteLine("usage: statetest PATH...   (folders, zip archives or files of state tests)");
    return 2;
}
var (passed, failed, excepted) = (0, 0, 0);
foreach (var result in args.SelectMany(StateTestSet.Run))
{
    switch (result.Outcome)
    {
        case StateTestOutcome.Passed:
            passed++;
            break;
        case StateTestOutcome.Excepted:
            excepted++;
            Console.WriteLine(result);
            break;
        default:
            failed++;
            Console.WriteLine(result);
            break;
    }
}
Console.WriteLine($"{passed} passed, {failed} failed, {excepted} excepted");
return failed == 0 ? 0 : 1;
