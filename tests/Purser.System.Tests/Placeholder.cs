namespace Purser.System.Tests;
