// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title A contract account that answers ERC-1271 in every way but the right one
contract HostileWallet {
    enum Answer {
        No,
        Zero,
        True,
        MagicAndMore,
        MagicOnTheRight,
        MagicInFourBytes,
        Nothing,
        Revert,
        RevertWithMagic,
        BurnGas,
        ReturnBomb,
        WriteState
    }

    Answer private immutable _answer;
    uint256 private _written;

    constructor(Answer answer) {
        _answer = answer;
    }

    fallback() external {
        bytes32 magic = bytes32(IERC1271.isValidSignature.selector);
        if (_answer == Answer.No) _return(bytes32(bytes4(0xffffffff)), 32);
        if (_answer == Answer.Zero) _return(0, 32);
        if (_answer == Answer.True) _return(bytes32(uint256(1)), 32);
        if (_answer == Answer.MagicAndMore) _return(magic | bytes32(uint256(1)), 32);
        if (_answer == Answer.MagicOnTheRight) _return(magic >> 224, 32);
        if (_answer == Answer.MagicInFourBytes) _return(magic, 4);
        if (_answer == Answer.Nothing) _return(0, 0);
        if (_answer == Answer.ReturnBomb) _return(bytes32(bytes4(0xffffffff)), 200_000);
        if (_answer == Answer.RevertWithMagic) {
            assembly ("memory-safe") {
                mstore(0, magic)
                revert(0, 32)
            }
        }
        if (_answer == Answer.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (_answer == Answer.WriteState) {
            _written++;
            _return(magic, 32);
        }
        revert("no");
    }

    function _return(bytes32 word, uint256 length) private pure {
        assembly {
            mstore(0, word)
            return(0, length)
        }
    }
}
